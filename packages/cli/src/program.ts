import { Command, CommanderError } from 'commander';
import type { Worker } from '@raft-mesh/mesh-node';
import { appExport, appName } from './app-entries.ts';
import { addAgent } from './commands/agent.ts';
import { addAudit } from './commands/audit.ts';
import { addBot } from './commands/bot.ts';
import { addChaos } from './commands/chaos.ts';
import { addControlPlane } from './commands/control-plane.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDocument } from './commands/document.ts';
import { addHost } from './commands/host.ts';
import { addKey } from './commands/key.ts';
import { addManager } from './commands/manager.ts';
import { addMesh } from './commands/mesh.ts';
import { addSim } from './commands/sim.ts';
import { addSnapshot } from './commands/snapshot.ts';
import { addStatus } from './commands/status.ts';
import { CliError } from './cli-error.ts';
import { withWorker } from './cli-worker.ts';
import { dataDirectory } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';

/** What an app's own commands (its entry `./cli`) get from `mesh`. */
export interface AppCliTools {
  withWorker<Result>(use: (worker: Worker) => Promise<Result>): Promise<Result>;
  print(value: { readonly json: unknown; readonly text: string }): void;
  /** Ends the command: what happened, the exit code, and what to try next. */
  fail(error: { readonly code: string; readonly exitCode: ExitCode; readonly message: string; readonly next: string }): never;
}

const ownCommands = new Set(['dev', 'status', 'doctor', 'manager', 'control-plane', 'bot', 'doc', 'chaos', 'snapshot', 'sim', 'key', 'agent', 'audit', 'host', 'create', 'delete', 'list', 'show', 'help']);

/** Runs one `mesh` command line; gives the exit code. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  const output = new Output(args.includes('--json'));
  try {
    const program = await createProgram(args, output);
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return output.fail(error);
  }
}

async function createProgram(args: readonly string[], output: Output): Promise<Command> {
  const program = new Command('mesh')
    .description('A peer-to-peer Raft mesh for browser and command-line agents.')
    .version('0.1.0')
    .showHelpAfterError('(mesh --help lists the commands)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  mesh dev                      a mesh with six bots; open the link it prints\n  mesh status                   who leads, who is alive\n  mesh chaos kill-leader        the mesh goes on\n  mesh doc put greeting \'"hi"\'   write a document; mesh doc get greeting reads it\n\nExit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 no leader, 6 timed out, 7 conflict, 8 verification failed, 130 interrupted');
  addDev(program);
  addStatus(program);
  addDoctor(program);
  addManager(program);
  addControlPlane(program);
  addMesh(program);
  addHost(program);
  addKey(program);
  addAgent(program);
  addAudit(program);
  addBot(program);
  addDocument(program);
  addChaos(program);
  addSnapshot(program);
  addSim(program);
  // The app's own nouns cost its loading; only for them, and for the help that lists them.
  const first = args.find((argument) => !argument.startsWith('-'));
  if (first === undefined || first === 'help' || !ownCommands.has(first)) await addAppCommands(program, args, output);
  for (const command of allCommands(program)) command.exitOverride();
  return program;
}

const allCommands = (command: Command): Command[] => command.commands.flatMap((child) => [child, ...allCommands(child)]);

async function addAppCommands(program: Command, args: readonly string[], output: Output): Promise<void> {
  const add = await appExport(appName(valueAfter(args, '--app')), 'cli', 'addCommands').catch(() => null);
  if (typeof add !== 'function') return;
  const directory = dataDirectory(valueAfter(args, '--data-dir'));
  const tools: AppCliTools = {
    withWorker: (use) => withWorker(directory, use),
    print: (value) => output.print(value),
    fail: (error) => { throw new CliError(error.code, error.exitCode, error.message, error.next); },
  };
  (add as (program: Command, tools: AppCliTools) => void)(program, tools);
}

function valueAfter(args: readonly string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at === -1 ? undefined : args[at + 1];
}
