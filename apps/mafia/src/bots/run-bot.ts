import type { Worker } from '@raft-mesh/mesh-node';
import type { MafiaView } from '../index.ts';
import { botsIn } from '../game/bots.ts';
import { contributionMove } from '../game/proof/contribute.ts';
import { nonceFor } from './nonce.ts';
import { botRandom, seedFrom } from './bot-random.ts';
import { strategyFor } from './choose-strategy.ts';
import { isPlaying, lineMove, moveOf, openAction, seatMove } from './strategy.ts';
import type { BotMove, SlowStrategy, Strategy } from './strategy.ts';
import { systemTimer, type SetTimer } from './timer.ts';

interface ThinkMs {
  readonly least: number;
  readonly most: number;
}

export interface BotOptions {
  readonly worker: Worker;
  /** The same seed plays alike from the same views. Default: drawn from the agent's id. */
  readonly seed?: number;
  /** How it plays. Default: `MESH_BOT_STRATEGY`, the name of a strategy or `language-model`; else drawn from its seed. */
  readonly strategy?: Strategy | SlowStrategy;
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
 * once in each phase, contributes to the deal, says a little, and stays for the next game. Legal by construction: it knows the view and nothing else.
 * The worker stays the caller's, who closes it.
 */
export async function runBot(options: BotOptions): Promise<void> {
  const { worker, signal } = options;
  const setTimer = options.setTimer ?? systemTimer;
  const log = options.log ?? (() => undefined);
  const thinkMs = options.thinkMs ?? thinkMsFrom(process.env['MESH_BOT_THINK_MS']);
  const seed = options.seed ?? seedFrom(worker.agent);
  // Where time is simulated, a run must depend on its seed alone.
  const strategy = options.strategy ?? await strategyFor(options.setTimer === undefined ? process.env : {}, seed, { log, ...(signal === undefined ? {} : { signal }) });
  const random = botRandom(seed);
  const nonceOf = nonceFor(options.setTimer === undefined ? null : seed);
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
  const phaseOf = ({ game, phase: name, round, ballot, bots, players }: MafiaView): string => `${incarnation}/${game}/${name}/${round}/${ballot?.number ?? 0}${name === 'lobby' && bots.wanted !== null ? `/${bots.wanted.count}/${bots.wanted.difficulty}/${botsIn(players)}` : ''}`;
  const sent = new Set<string>();
  const contribution = (now: MafiaView): BotMove | null => {
    const move = contributionMove(now, worker.agent, nonceOf(now.game));
    const key = `${incarnation}/${now.game}/${move?.command ?? ''}`;
    if (move === null || sent.has(key)) return null;
    sent.add(key);
    return move;
  };
  const hasMove = (now: MafiaView): boolean => openAction(now, tried) !== null || (seatMove(now, strategy) !== null && !tried.has('join'));
  const decided = async (now: MafiaView): Promise<BotMove | null> => {
    const action = openAction(now, tried);
    return action === null || !isPlaying(now) ? seatMove(now, strategy) : moveOf(now, action, await strategy.choose(now, action, random));
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
        const contributed = contribution(seen);
        if (contributed !== null) { await send(contributed); continue; }
        if (hasMove(seen)) {
          await pause(thinkMs.least + random.below(Math.max(1, thinkMs.most - thinkMs.least + 1)), setTimer, signal);
          // The table may have changed while it thought: decide on what is seen now.
          const latest = view as MafiaView | null;
          if (isOver() || latest === null || phaseOf(latest) !== phase) continue;
          if (!hasMove(latest)) continue;
          const move = await decided(latest);
          if (move === null) continue;
          tried = new Set([...tried, move.command]);
          // What took long to decide may be too late; its moment says so.
          if (!isOver()) await send(move);
          continue;
        }
        if (!hasSpoken) {
          hasSpoken = true;
          const line = isPlaying(seen) && seen.you.channel !== null ? lineMove(seen, await strategy.say(seen, random)) : null;
          if (line !== null && !isOver()) { await send(line); continue; }
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
