import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { FaultKind } from '@raft-mesh/chaos';
import { CliError } from '../cli-error.ts';
import { outputOf } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';

interface RunOptions { readonly minutes: number; readonly seed: number; readonly managers: number; readonly clients: number; readonly faults?: string; readonly out?: string; readonly netns?: boolean; readonly managerEntry?: string; readonly json?: boolean }

/** Adds `run` to `mesh chaos`. */
export function addChaosRun(chaos: Command): void {
  chaos.command('run')
    .description('break a mesh of its own for some minutes under load, then judge what its clients were told')
    .option('--minutes <m>', 'how long', Number, 10)
    .option('--seed <seed>', 'what the faults are drawn from', Number, 1)
    .option('--managers <n>', 'how many managers: 3, 5 or 7', Number, 3)
    .option('--clients <n>', 'how many clients, half over WebSocket and half over HTTP', Number, 10)
    .option('--faults <kinds>', 'only these kinds of faults, separated by commas')
    .option('--netns', 'part managers by network namespaces instead of a relay (root on Linux; no slow links)')
    .option('--out <dir>', 'keep history, logs and data there (default: kept only when something does not hold)')
    .addOption(new Option('--manager-entry <file>', 'the program of a manager').hideHelp())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  mesh chaos run --minutes 1 --seed 7\n  mesh chaos run --minutes 10 --seed 1 --managers 5 --json\n\nExit codes: 0 all holds, 8 something does not (said on stderr; the history stays), 130 interrupted')
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  const { faultKinds, runChaos } = await import('@raft-mesh/chaos');
  const { minutes, seed, managers, clients } = options;
  if (!(minutes > 0 && minutes <= 24 * 60)) throw usage(`--minutes takes a number above 0 and at most ${24 * 60}, not "${minutes}".`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw usage(`--seed takes a whole number from 0, not "${seed}".`);
  if (![3, 5, 7].includes(managers)) throw usage(`${managers} managers: choose 3, 5 or 7.`);
  if (!Number.isSafeInteger(clients) || clients < 1 || clients > 100) throw usage(`--clients takes a whole number from 1 to 100, not "${clients}".`);
  const kinds = options.faults?.split(',');
  const unknown = kinds?.find((kind) => !faultKinds.includes(kind as FaultKind));
  if (unknown !== undefined) throw usage(`There is no fault "${unknown}"; there are ${faultKinds.join(', ')}.`);
  const output = outputOf(options);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
      interrupt.abort();
    });
  }
  const { report, failures, directory } = await runChaos({
    seed, managers, clients, durationMs: minutes * 60_000, signal: interrupt.signal, note: (text) => output.note(text),
    network: options.netns === true ? 'namespaces' : 'relay',
    ...(kinds === undefined ? {} : { kinds: kinds as FaultKind[] }),
    ...(options.out === undefined ? {} : { directory: resolve(options.out) }),
    ...(options.managerEntry === undefined ? {} : { managerEntry: resolve(options.managerEntry) }),
  });
  for (const failure of failures) output.note(`does not hold: ${failure}`);
  if (directory !== null) output.note(`history and logs are in ${directory}`);
  const struck = Object.entries(report.faults).map(([kind, times]) => `${kind} ${times}`).join(', ');
  const { count, p50, p99, max } = report.failovers;
  output.print({
    json: report,
    text: [
      `${failures.length === 0 ? 'All holds' : 'Something does not hold'}: ${report.operations} operations, ${report.acknowledged} acknowledged, ${report.lost} lost, ${report.linearizable ? '' : 'not '}linearizable`,
      `faults: ${struck}`, `${count} failovers: p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms; longest outage with a healthy majority ${report.longestOutageMs} ms`,
    ].join('\n'),
  });
  process.exitCode = interrupt.signal.aborted ? exitCodes.interrupted : failures.length > 0 ? exitCodes.verificationFailed : exitCodes.ok;
}

const usage = (message: string): CliError => new CliError('usage', exitCodes.usage, message, 'mesh chaos run --help');
