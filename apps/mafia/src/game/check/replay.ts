import { isSameJson } from '@raft-mesh/state-machine';
import type { AgentId, JsonValue } from '@raft-mesh/state-machine';
import type { Character, Side, Winner } from '../character.ts';
import { sideOf } from '../characters/index.ts';
import { ended } from '../phases.ts';
import { recorded } from '../proof/append.ts';
import type { GameRecord, RecordEntry } from '../proof/record.ts';
import type { Death, MafiaState, Phase } from '../state.ts';
import { replayBallot, replayExtended, replayRevealed } from './replay-day.ts';
import { replayDealt, replaySealed } from './replay-deal.ts';
import { replayNight } from './replay-night.ts';
import { wrong } from './replayed.ts';
import type { Replayed } from './replayed.ts';

/** Somebody at the table, with nothing hidden. */
export interface OpenPlayer {
  readonly id: AgentId;
  readonly name: string;
  readonly bot: string | null;
  readonly character: Character;
  readonly side: Side;
  /** `null` while alive. */
  readonly died: Death | null;
}

/** One step of a game that is over, with everything open: one stop of a slider. */
export interface ReplayStep {
  /** What was done (choices, votes, judgements) and what came of it (`night`, `day`, `events`). Its `number` counts from 2: the deal; its `atMs` is log time. */
  readonly entry: RecordEntry;
  /** What the game is in after this step. */
  readonly phase: Exclude<Phase, 'lobby'>;
  readonly round: number;
  /** After this step, in the order of the seats. */
  readonly players: readonly OpenPlayer[];
  /** `null` before the end. */
  readonly winner: Winner | null;
}

/** Why a step cannot be what happened. `entry`: the number of the first bad one. */
export interface ReplayProblem {
  readonly entry: number;
  readonly code: 'againstTheRules' | 'otherResult';
  readonly message: string;
}

/** One step after what came before it; `null` at the start. */
function stepAfter(state: MafiaState | null, secret: string, entry: RecordEntry): Replayed {
  if (entry.kind === 'sealed') return state === null ? replaySealed(secret, entry) : wrong('a game is fixed only once');
  if (entry.kind === 'dealt') return state?.phase === 'lobby' && state.opening !== null ? replayDealt({ ...state, opening: state.opening }, entry) : wrong('it is dealt once, after everything is fixed');
  if (state === null || state.phase === 'lobby') return wrong('nothing was dealt yet');
  if (state.phase === 'ended') return wrong('the game is over before it');
  switch (entry.kind) {
    case 'night': return state.phase === 'night' ? replayNight(state, entry) : wrong('it is not night');
    case 'ballot': return state.phase === 'day' ? replayBallot(state, entry) : wrong('it is not day');
    case 'extended': return state.phase === 'day' ? replayExtended(state, entry) : wrong('it is not day');
    case 'revealed': return state.phase === 'day' ? replayRevealed(state, entry) : wrong('it is not day');
    case 'stopped': return { ok: true, state: recorded(state, ended(state, 'nobody', [{ kind: 'stopped', round: state.round, by: entry.by }]), entry.atMs, { kind: 'stopped', by: entry.by }) };
    default: return entry satisfies never;
  }
}

const proofOf = (state: MafiaState) => (state.phase === 'lobby' ? state.opening?.proof ?? null : state.proof);

/** The first thing in which what was written down differs from what the rules make of it. */
function difference(written: RecordEntry, made: RecordEntry | undefined): string | null {
  const [here, there] = [written, made] as unknown as readonly (Readonly<Record<string, JsonValue>> | undefined)[];
  if (here === undefined || there === undefined) return 'length';
  return [...new Set([...Object.keys(here), ...Object.keys(there)])].find((key) => {
    const [left, right] = [here[key], there[key]];
    return left === undefined || right === undefined || !isSameJson(left, right);
  }) ?? null;
}

/** Plays a record again, entry by entry, by the rules of the game, and compares what comes of each with what is written down. */
export class Replay {
  readonly #secret: string;
  #state: MafiaState | null = null;
  #atMs = 0;

  constructor({ secret }: Pick<GameRecord, 'secret'>) { this.#secret = secret; }

  get state(): MafiaState | null { return this.#state; }

  /** The next entry; a problem ends the replay. */
  play(entry: RecordEntry): ReplayProblem | null {
    const { number } = entry;
    if (entry.atMs < this.#atMs) return { entry: number, code: 'againstTheRules', message: 'time went backwards' };
    const replayed = stepAfter(this.#state, this.#secret, entry);
    if (!replayed.ok) return { entry: number, code: 'againstTheRules', message: replayed.why };
    const differs = difference(entry, proofOf(replayed.state)?.entries.at(-1));
    if (differs !== null) return { entry: number, code: 'otherResult', message: `by the rules something else comes of it: see "${differs}"` };
    this.#state = replayed.state;
    this.#atMs = entry.atMs;
    return null;
  }
}

/** Everything open, as it is after an entry; `null` before the deal. */
function openStep(entry: RecordEntry, state: MafiaState | null): ReplayStep | null {
  if (state === null || state.phase === 'lobby') return null;
  const players = state.players.map(({ id, name, bot, character, died }) => ({ id, name, bot, character, side: sideOf(character), died }));
  return { entry, phase: state.phase, round: state.round, players, winner: state.phase === 'ended' ? state.winner : null };
}

/**
 * The timeline of a game: one step for the deal and for each that followed, as far as the rules allow; `problem` says where and why they do not.
 * `record` must have the shape of one (`readRecord`). Whether it is the record that pages saw made, `verifyRecord` says.
 */
export function replayRecord(record: GameRecord): { readonly steps: readonly ReplayStep[]; readonly problem: ReplayProblem | null } {
  const replay = new Replay(record);
  const steps: ReplayStep[] = [];
  for (const entry of record.entries) {
    const problem = replay.play(entry);
    if (problem !== null) return { steps, problem };
    const step = openStep(entry, replay.state);
    if (step !== null) steps.push(step);
  }
  return { steps, problem: null };
}
