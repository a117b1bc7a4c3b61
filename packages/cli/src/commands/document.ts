import type { Command } from 'commander';
import type { CommandResult, JsonValue } from '@raft-mesh/mesh-node';
import { CliError, refusalError } from '../cli-error.ts';
import { withWorker } from '../cli-worker.ts';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';

export function addDocument(program: Command): void {
  const doc = program.command('doc').description('the replicated documents: versioned JSON values by key');

  withCommonOptions(doc.command('get <key>')).description('print one document').action(async (key: string, options: CommonOptions) => {
    const result = await withWorker(directoryOf(options), (worker) => worker.query('documents', 'get', { key }));
    if (result.status === 'refused') throw refusalError(result.refusal, `mesh doc put ${key} '{"hello":"mesh"}'`);
    outputOf(options).print({ json: result.answer, text: JSON.stringify(result.answer, null, 2) });
  });

  withCommonOptions(doc.command('put <key> <json>'))
    .description('write one document')
    .option('--if-version <n>', 'only if it has this version now (0: only if there is none)', Number)
    .action(async (key: string, text: string, options: CommonOptions & { readonly ifVersion?: number }) => {
      const value = parseJson(text);
      const result = await withWorker(directoryOf(options), (worker) => (options.ifVersion === undefined
        ? worker.send('documents', 'put', { key, value })
        : worker.send('documents', 'compareAndSet', { key, value, expectedVersion: options.ifVersion })));
      const answer = committed(result, `mesh doc get ${key}`);
      outputOf(options).print({ json: answer, text: `${key} written: ${JSON.stringify(answer.answer)}, log index ${answer.index}` });
    });

  withCommonOptions(doc.command('delete <key>')).description('delete one document').action(async (key: string, options: CommonOptions) => {
    const answer = committed(await withWorker(directoryOf(options), (worker) => worker.send('documents', 'delete', { key })), `mesh doc get ${key}`);
    outputOf(options).print({ json: answer, text: `${key} deleted, log index ${answer.index}` });
  });

  withCommonOptions(doc.command('watch [prefix]')).description('print the documents under a prefix, now and after every change, until Ctrl-C').action(async (prefix: string | undefined, options: CommonOptions) => {
    const output = outputOf(options);
    await withWorker(directoryOf(options), async (worker) => {
      const interrupted = new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
      const refused = new Promise<never>((_resolve, reject) => worker.watch('documents', { prefix: prefix ?? '' }, (view) => {
        output.print({ json: view, text: `version ${view.version}${view.stale ? ' (stale)' : ''}\n${JSON.stringify(view.value, null, 2)}` });
      }, (refusal) => reject(refusalError(refusal))));
      await Promise.race([interrupted, refused]);
    });
    process.exitCode = exitCodes.interrupted;
  });
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new CliError('notJson', exitCodes.usage, `This is not JSON: ${text.slice(0, 60)}`, `mesh doc put greeting '"hello"'   (text needs its own quotes)`);
  }
}

/** The answer of a command that must have been committed; anything else is an error with its own exit code. */
function committed(result: CommandResult, next: string): { readonly index: number; readonly answer: JsonValue } {
  switch (result.status) {
    case 'committed': return { index: result.index, answer: result.answer };
    case 'refused': throw refusalError(result.refusal, next);
    case 'unknown': throw new CliError('unknown', exitCodes.timedOut, `The outcome is not known: ${result.reason}.`, next);
    case 'notSent': throw new CliError(result.reason, exitCodes.failed, `The command was not sent: ${result.reason}.`, next);
    default: return result satisfies never;
  }
}
