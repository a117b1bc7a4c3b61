import type { Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '../index.ts';
import { botRandom, seedFrom } from './bot-random.ts';
import { nextLine, nextMove } from './strategy.ts';
import type { BotMove, Strategy } from './strategy.ts';
import { defaultStrategy } from './strategies/index.ts';
import { systemTimer, type SetTimer } from './timer.ts';

interface ThinkMs {
  readonly least: number;
  readonly most: number;
}

export interface BotOptions {
  readonly worker: Worker;
  /** The same seed plays alike from the same views. Default: drawn from the agent's id. */
  readonly seed?: number;
  /** How it plays. Default: cautiously. */
  readonly strategy?: Strategy;
  /** How long it thinks before each move. Default: `MESH_BOT_THINK_MS`, as in `50-400`, else 200 to 1200 ms. */
  readonly thinkMs?: ThinkMs;
  readonly log?: (message: string) => void;
  /** What it waits with. Default: `setTimeout`. */
  readonly setTimer?: SetTimer;
  /** Ends the bot; its seat stays. */
  readonly signal?: AbortSignal;
}

/** Reads `50-400`; anything else is the default. */
function thinkMsFrom(text: string | undefined): ThinkMs {
  const [, least, most] = /^(\d{1,6})-(\d{1,6})$/u.exec(text ?? '') ?? [];
  return least === undefined || most === undefined ? { least: 200, most: 1_200 } : { least: Number(least), most: Number(most) };
}

/** Resolves after `ms`, or as soon as the signal fires. */
function pause(ms: number, setTimer: SetTimer, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) { resolve(); return; }
    const done = (): void => { cancel(); signal?.removeEventListener('abort', done); resolve(); };
    const cancel = setTimer(ms, done);
    signal?.addEventListener('abort', done);
  });
}

/**
 * Plays Mafia through a worker until `signal` fires or the worker ends: joins every lobby, does what its character does
 * once in each phase, says a little, and stays for the next game. Legal by construction: it knows the view and nothing else.
 * The worker stays the caller's, who closes it.
 */
export async function runBot(options: BotOptions): Promise<void> {
  const { worker, signal } = options;
  const setTimer = options.setTimer ?? systemTimer;
  const log = options.log ?? (() => undefined);
  const thinkMs = options.thinkMs ?? thinkMsFrom(process.env['MESH_BOT_THINK_MS']);
  const strategy = options.strategy ?? defaultStrategy;
  const random = botRandom(options.seed ?? seedFrom(worker.agent));
  let view: MafiaView | null = null;
  let incarnation = 0;
  let wake: () => void = () => undefined;
  const isOver = (): boolean => signal?.aborted === true || worker.state.phase === 'ended';
  const change = (): void => { wake(); };

  const endWatch = worker.watch('mafia', null, (next) => { view = next.value as unknown as MafiaView; incarnation = next.incarnation; change(); }, (refusal) => { log(`may not watch the game: ${refusal.message}`); });
  const endState = worker.onState(change);
  signal?.addEventListener('abort', change);

  // What was already tried or said in a phase (or ballot); a refusal is not tried again until it is another one.
  let phase = '';
  let tried: ReadonlySet<string> = new Set();
  let hasSpoken = false;
  // After a restore of the mesh from a snapshot, what was done since that is undone.
  const phaseOf = ({ game, phase: name, round, ballot }: MafiaView): string => `${incarnation}/${game}/${name}/${round}/${ballot?.number ?? 0}`;
  const next = (now: MafiaView): BotMove | null => {
    const move = nextMove(now, random, strategy, tried);
    return move === null || tried.has(move.command) ? null : move;
  };

  const send = async (move: BotMove): Promise<void> => {
    const result = await worker.send('mafia', move.command, move.args);
    switch (result.status) {
      case 'committed': log(`${move.command} is done`); break;
      case 'refused': log(`${move.command} was refused: ${result.refusal.code}`); break;
      case 'unknown': case 'notSent': log(`${move.command}: ${result.status}, ${result.reason}`); break;
      default: result satisfies never;
    }
  };

  try {
    while (!isOver()) {
      const changed = new Promise<void>((resolve) => { wake = resolve; });
      const seen = view as MafiaView | null;
      if (seen !== null) {
        const now = phaseOf(seen);
        if (now !== phase) { phase = now; tried = new Set(); hasSpoken = false; }
        if (next(seen) !== null) {
          await pause(thinkMs.least + random.below(Math.max(1, thinkMs.most - thinkMs.least + 1)), setTimer, signal);
          // The table may have changed while it thought: decide on what is seen now.
          const latest = view as MafiaView | null;
          if (isOver() || latest === null || phaseOf(latest) !== phase) continue;
          const move = next(latest);
          if (move === null) continue;
          tried = new Set([...tried, move.command]);
          await send(move);
          continue;
        }
        if (!hasSpoken) {
          hasSpoken = true;
          const line = nextLine(seen, random, strategy);
          if (line !== null) { await send(line); continue; }
        }
      }
      await changed;
    }
  } finally {
    endWatch();
    endState();
    signal?.removeEventListener('abort', change);
  }
}
