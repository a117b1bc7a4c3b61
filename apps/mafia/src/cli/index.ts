import type { Command } from 'commander';
import type { Worker } from '@raft-mesh/mesh-node';
import { GameCommandError, gameStatus, startGame } from './game.ts';
import { addRecordCommands } from './record-commands.ts';
import { addSimulate } from './simulate.ts';
import type { GameSummary } from './game.ts';

/** What `mesh` hands to an app's own commands. (The shape is the command line's; an app may not import it.) */
export interface AppCliTools {
  /** A worker of the mesh that the user's context names; closed when `use` is done. */
  withWorker<Result>(use: (worker: Worker) => Promise<Result>): Promise<Result>;
  print(value: { readonly json: unknown; readonly text: string }): void;
  /** Ends the command: what happened, the exit code, and what to try next. */
  fail(error: { readonly code: string; readonly exitCode: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130; readonly message: string; readonly next: string }): never;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new GameCommandError('badOption', 2, `"${text}" is not a whole number of milliseconds.`, 'mesh game start --night-ms 45000');
  return value;
}

async function answering(tools: AppCliTools, make: () => Promise<GameSummary>): Promise<void> {
  try {
    const summary = await make();
    tools.print({ json: summary.json, text: summary.text });
    if (summary.exitCode !== undefined) process.exitCode = summary.exitCode;
  } catch (error) {
    if (error instanceof GameCommandError) tools.fail({ code: error.code, exitCode: error.exitCode, message: error.message, next: error.next });
    throw error;
  }
}

/** Adds `mesh game status`, `start`, `record`, `verify`, `replay` and `simulate`. */
export function addCommands(program: Command, tools: AppCliTools): void {
  const game = program.command('game').description('the game of Mafia in this mesh');
  game.command('status').description('the phase, and who is alive, as a spectator sees it').option('--json', 'one JSON value')
    .option('--data-dir <dir>', 'where the mesh keeps its files').option('--app <app>', 'the app')
    .action(() => answering(tools, () => tools.withWorker(gameStatus)));
  game.command('start').description('start the game with everyone in the lobby').option('--json', 'one JSON value')
    .option('--data-dir <dir>', 'where the mesh keeps its files').option('--app <app>', 'the app')
    .option('--night-ms <ms>', 'longest night (default 45000)').option('--day-ms <ms>', 'longest day (default 120000)')
    .action((options: { readonly nightMs?: string; readonly dayMs?: string }) => answering(tools, () => tools.withWorker((worker) => startGame(worker, {
      ...(options.nightMs === undefined ? {} : { nightMs: milliseconds(options.nightMs) }),
      ...(options.dayMs === undefined ? {} : { dayMs: milliseconds(options.dayMs) }),
    }))));
  addRecordCommands(game, tools, (make) => answering(tools, make));
  addSimulate(game, (make) => answering(tools, make));
}
