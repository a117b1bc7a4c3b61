import type { Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '../index.ts';

export interface GameSummary {
  readonly json: unknown;
  readonly text: string;
  /** Other than 0: what was asked for was done, and the answer is bad. */
  readonly exitCode?: 8;
}

/** An expected failure of a `mesh game` command, with the exit code of DESIGN §8 and what to try next. */
export class GameCommandError extends Error {
  readonly code: string;
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  readonly next: string;
  constructor(code: string, exitCode: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8, message: string, next: string) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.next = next;
  }
}

const firstViewTimeoutMs = 5_000;

/** The game as this worker sees it now. */
export function currentView(worker: Worker): Promise<{ readonly view: MafiaView; readonly stale: boolean }> {
  return new Promise((resolve, reject) => {
    let stop: () => void = () => undefined;
    const timer = setTimeout(() => end(() => reject(new GameCommandError('noView', 5, `No manager showed the game within ${firstViewTimeoutMs / 1_000} s.`, 'mesh status'))), firstViewTimeoutMs);
    const end = (settle: () => void): void => { clearTimeout(timer); queueMicrotask(() => stop()); settle(); };
    stop = worker.watch('mafia', null,
      (view) => end(() => resolve({ view: view.value as unknown as MafiaView, stale: view.stale })),
      (refusal) => end(() => reject(new GameCommandError(refusal.code, 4, `The game may not be watched: ${refusal.message}.`, 'mesh status'))));
  });
}

const seconds = (ms: number): string => `${Math.max(0, Math.ceil(ms / 1_000))} s`;

function headline(view: MafiaView, logTimeMs: number): string {
  const left = view.deadlineMs === null ? '' : `, at most ${seconds(view.deadlineMs - logTimeMs)} left`;
  switch (view.phase) {
    case 'lobby': return `Game ${view.game}: in the lobby, ${view.players.length} at the table.\nNext: mesh game start`;
    case 'night': case 'day': return `Game ${view.game}: ${view.phase} ${view.round}${left}; ${view.players.filter((player) => player.alive).length} of ${view.players.length} alive.`;
    case 'ended': return `Game ${view.game} has ended after round ${view.round}: ${view.winner === 'nobody' ? 'nobody wins' : `the ${view.winner} wins`}.\nNext: mesh game verify, mesh game replay`;
    default: return view.phase satisfies never;
  }
}

/** `mesh game status`: the phase, the time left, and everyone at the table. */
export async function gameStatus(worker: Worker): Promise<GameSummary> {
  const { view, stale } = await currentView(worker);
  const leftMs = view.deadlineMs === null ? null : Math.max(0, view.deadlineMs - worker.logTimeMs);
  const players = view.players.map(({ id, name, alive, character, died }) => ({ id, name, alive, character, died }));
  const { chain } = view.fairness;
  const head = chain === null ? null : `${chain.entries}:${chain.head}`;
  const table = players.map((player) => `  ${player.alive ? '●' : '✝'} ${player.name}${player.character === null ? '' : ` (${player.character})`}${view.votes.filter((vote) => vote.target === player.id).map(() => ' |').join('')}`);
  return {
    json: { game: view.game, phase: view.phase, round: view.round, leftMs, winner: view.winner, players, votes: view.votes, events: view.events, head, leftOut: view.fairness.leftOut, stale },
    text: [headline(view, worker.logTimeMs), ...table, ...(head === null ? [] : [`Head of the game's chain, to be kept for mesh game verify: ${head}`]), ...(stale ? ['This may be old: the managers have no leader just now.'] : [])].join('\n'),
  };
}

/** `mesh game start`: deals to everyone in the lobby. */
export async function startGame(worker: Worker, options: { readonly nightMs?: number; readonly dayMs?: number }): Promise<GameSummary> {
  const { view } = await currentView(worker);
  const result = await worker.send('mafia', 'start', { game: view.game, phase: 'lobby', round: 0, options: { ...options } });
  switch (result.status) {
    case 'committed': return { json: { started: true, game: view.game, players: view.players.length, index: result.index }, text: `Game ${view.game} has begun with ${view.players.length} players.\nNext: mesh game status` };
    case 'refused': throw new GameCommandError(result.refusal.code, result.refusal.code === 'invalidArguments' ? 2 : 7, `The game did not start: ${result.refusal.message}.`, result.refusal.code === 'tooFewPlayers' ? 'mesh bot add -n 5' : 'mesh game status');
    case 'unknown': case 'notSent': throw new GameCommandError(result.reason, 6, `Whether the game started is not known (${result.reason}).`, 'mesh game status');
    default: return result satisfies never;
  }
}
