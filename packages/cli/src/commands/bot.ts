import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { connectWorker, createLogger, type Worker } from '@raft-mesh/mesh-node';
import { control } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { Child } from '../dev/child.ts';
import { offerBots } from '../dev/offer-bots.ts';
import { layout, loadBots, saveBots } from '../dev/layout.ts';
import { loadContext } from '../context.ts';
import { botJoinToken, controlPlaneClient } from '../control-plane-client.ts';
import { appExport, botNamesOf } from '../app-entries.ts';
import { exitCodes } from '../exit-codes.ts';
import { runUntilStopped } from '../run-until-stopped.ts';
import { isDevRunning } from '../dev/dev-lock.ts';

type RunBot = (options: { readonly worker: Worker; readonly signal: AbortSignal; readonly log: (message: string) => void }) => Promise<void>;
interface RunOptions { readonly json?: boolean; readonly dataDir: string; readonly name: string; readonly app: string; readonly transport: string; readonly exitWithParent?: boolean }

const botsMax = 30;

export function addBot(program: Command): void {
  const bot = program.command('bot').description('bots: command-line agents that take part in the app');

  withCommonOptions(bot.command('add [names...]'))
    .description('add bots, each its own process; `mesh dev` keeps them running, without it they run until Ctrl-C')
    .option('-n, --count <n>', 'how many (default 1, or one per name)', Number)
    .action(async (names: string[], options: CommonOptions & { readonly count?: number }) => {
      const directory = directoryOf(options);
      const context = await loadContext(directory);
      const present = await loadBots(directory);
      const added = await chooseNames(context.mesh.app, names, options.count ?? Math.max(1, names.length), present);
      if (present.length + added.length > botsMax) throw new CliError('tooManyBots', exitCodes.usage, `A mesh on this machine runs at most ${botsMax} bots; there are ${present.length}.`, 'mesh bot add -n 1');
      if (await isDevRunning(directory)) {
        await saveBots(directory, [...present, ...added]);
        outputOf(options).print({ json: { added }, text: `Added ${added.join(', ')}. They join in a moment.\nNext: mesh status` });
        return;
      }
      await runHere(directory, context.mesh.app, added, outputOf(options));
    });

  withCommonOptions(bot.command('serve'))
    .description('send bots when the host of a table wants some, until Ctrl-C; `mesh dev` does so by itself')
    .option('--most <n>', 'how many at most', Number, 12)
    .action(async (options: CommonOptions & { readonly most: number }) => {
      if (!Number.isSafeInteger(options.most) || options.most < 1 || options.most > botsMax) throw new CliError('badCount', exitCodes.usage, `--most ${options.most}: 1 to ${botsMax}.`, 'mesh bot serve --most 12');
      await serve(directoryOf(options), options.most, outputOf(options));
    });

  bot.command('run', { hidden: true })
    .requiredOption('--data-dir <dir>').requiredOption('--name <name>').requiredOption('--app <app>')
    .option('--transport <kind>', 'http or websocket', 'http').option('--exit-with-parent').option('--json')
    .action(async (options: RunOptions) => {
      await runUntilStopped(options, async (stopNow, firstLine) => {
        const given: unknown = options.exitWithParent === true ? JSON.parse(await firstLine) : null;
        const join = typeof given === 'object' && given !== null && 'join' in given ? control.joinToken.safeParse(given.join) : null;
        const worker = await connectWorker({
          directory: options.dataDir, transport: options.transport === 'websocket' ? 'websocket' : 'http',
          ...(join?.success === true ? { join: { mesh: join.data.mesh, token: join.data.token, name: options.name } } : {}),
        });
        process.stdout.write(`${JSON.stringify({ ready: true, agent: worker.agent, name: worker.name, pid: process.pid })}\n`);
        const stopping = new AbortController();
        const logger = createLogger({ level: 'info', name: `bot ${options.name}` });
        worker.onState((state) => { if (state.phase === 'ended') stopNow(state.error?.message ?? 'ended'); });
        const run = await loadRunBot(options.app);
        const done = run({ worker, signal: stopping.signal, log: (message) => logger.info(message) });
        done.catch((error: unknown) => stopNow(String(error)));
        return {
          stop: async () => {
            stopping.abort();
            await worker.close();
          },
        };
      });
    });
}

async function loadRunBot(app: string): Promise<RunBot> {
  const run = await appExport(app, 'bots', 'runBot');
  if (typeof run !== 'function') throw new CliError('noBots', exitCodes.usage, `The app ${app} has no bots.`, 'give its package an entry ./bots that exports runBot');
  return run as RunBot;
}

async function chooseNames(app: string, names: readonly string[], count: number, taken: readonly string[]): Promise<string[]> {
  for (const name of names) {
    if (!/^[\p{L}\p{N}_-]{1,24}$/u.test(name)) throw new CliError('badName', exitCodes.usage, `"${name}" cannot be a bot's name: 1 to 24 letters, digits, - and _.`, 'mesh bot add Ada');
    if (taken.includes(name)) throw new CliError('nameTaken', exitCodes.conflict, `There is a bot called ${name} already.`, 'mesh bot add   (chooses a name)');
  }
  const free = (await botNamesOf(app)).filter((name) => !taken.includes(name) && !names.includes(name));
  const chosen = [...names];
  for (let number = 1; chosen.length < count; number += 1) chosen.push(free[number - 1] ?? `bot-${taken.length + number}`);
  return chosen;
}

async function serve(directory: string, most: number, output: ReturnType<typeof outputOf>): Promise<void> {
  const { mesh, controlPlane, adminKeyFile } = await loadContext(directory);
  const client = await controlPlaneClient(controlPlane, adminKeyFile);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const running = new Map<string, Child>();
  output.note(`Bots come when a host wants some, up to ${most}. Ctrl-C ends them.`);
  const hasBots = await offerBots({
    directory, app: mesh.app, most, signal: stopping.signal, log: (message) => output.note(message),
    start: async (name, environment) => {
      const botDirectory = layout.bot(directory, name);
      const join = await botJoinToken(client, mesh.mesh, name, existsSync(botDirectory));
      const child = new Child({ args: ['bot', 'run', '--data-dir', botDirectory, '--name', name, '--app', mesh.app], firstLine: JSON.stringify({ join }), logFile: layout.log(directory, `bot-${name}`), environment });
      running.set(name, child);
      return child;
    },
    stop: async (name) => {
      await running.get(name)?.stop(3_000);
      running.delete(name);
    },
  });
  if (!hasBots) throw new CliError('noBots', exitCodes.usage, `The app ${mesh.app} sends no bots.`, 'give its package an entry ./bots that exports provideBots');
  process.exitCode = exitCodes.interrupted;
}

async function runHere(directory: string, app: string, names: readonly string[], output: ReturnType<typeof outputOf>): Promise<void> {
  const context = await loadContext(directory);
  const client = await controlPlaneClient(context.controlPlane, context.adminKeyFile);
  const interrupted = new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  const children: Child[] = [];
  for (const name of names) {
    const botDirectory = layout.bot(directory, name);
    const join = await botJoinToken(client, context.mesh.mesh, name, existsSync(botDirectory));
    const child = new Child({ args: ['bot', 'run', '--data-dir', botDirectory, '--name', name, '--app', app], firstLine: JSON.stringify({ join }), logFile: layout.log(directory, `bot-${name}`) });
    children.push(child);
    const ready = await child.ready;
    output.print({ json: { ...ready }, text: `${name} is in (pid ${child.pid}).` });
  }
  output.note('Ctrl-C ends them.');
  await interrupted;
  await Promise.all(children.map((child) => child.stop(3_000)));
  process.exitCode = exitCodes.interrupted;
}
