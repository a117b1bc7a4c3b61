import type { AgentId } from '@raft-mesh/state-machine';
import type { Character } from '../character.ts';
import type { GameOptions } from '../options/index.ts';
import type { DayRecord, Judgement, LynchVote, NightChoice, NightRecord, PublicEvent, Seat } from '../state.ts';

/** The rules that a record was made by; a record of others cannot be replayed by these. */
export const rulesVersion = 3;

/** A player's promise of a contribution to chance: what it hashes to (`contributionHash`), before it is known. */
export interface Commitment {
  readonly by: AgentId;
  /** SHA-256, hex, 64 digits. */
  readonly hash: string;
}

/** The contribution itself: 32 random bytes, hex, 64 digits. */
export interface Contribution {
  readonly by: AgentId;
  readonly nonce: string;
}

/** What went into one step of the game; what came of it is in `events`, and by night and at the end of a day also in `night` and `day`. */
export type RecordedStep =
  /** Everything that the deal depends on is fixed, but for what is opened next. `commitment`: to the managers' secret. */
  | { readonly kind: 'sealed'; readonly game: number; readonly by: AgentId; readonly commitment: string; readonly seats: readonly Seat[]; readonly options: GameOptions; readonly commitments: readonly Commitment[] }
  /** `leftOut`: who had committed and did not open in time. */
  | { readonly kind: 'dealt'; readonly contributions: readonly Contribution[]; readonly leftOut: readonly AgentId[]; readonly characters: readonly Character[]; readonly events: readonly PublicEvent[] }
  | { readonly kind: 'night'; readonly round: number; readonly choices: readonly NightChoice[]; readonly night: NightRecord; readonly events: readonly PublicEvent[] }
  /** A vote, a revote or a trial. `judgements` is `null` where there is no trial; `present`: who has done something so far today; `day` once the day is over. */
  | {
    readonly kind: 'ballot'; readonly round: number; readonly ballot: number; readonly endedBy: 'majority' | 'time'; readonly deadlineMs: number;
    readonly votes: readonly LynchVote[]; readonly abstained: readonly AgentId[]; readonly judgements: readonly Judgement[] | null; readonly present: readonly AgentId[];
    readonly day: DayRecord | null; readonly events: readonly PublicEvent[];
  }
  | { readonly kind: 'extended'; readonly by: readonly AgentId[]; readonly deadlineMs: number; readonly events: readonly PublicEvent[] }
  | { readonly kind: 'revealed'; readonly by: AgentId; readonly events: readonly PublicEvent[] }
  | { readonly kind: 'stopped'; readonly by: AgentId; readonly events: readonly PublicEvent[] };

/** `number` counts from 1; `atMs` is log time; `head` is the chain's after this entry (`headAfter`). */
export type RecordEntry = RecordedStep & { readonly number: number; readonly atMs: number; readonly head: string };

/** Everything that anyone needs to play a game again and check it. Plain JSON; made known once the game has ended. */
export interface GameRecord {
  readonly format: 'mafia-record';
  readonly rules: number;
  readonly game: number;
  /** The managers' secret, hex, 64 digits: what `commitmentTo` turns into head 0 of the chain. */
  readonly secret: string;
  /** True when the game grew longer than a record may be (`recordBytesMax`), so that its end is missing. */
  readonly isCut: boolean;
  readonly entries: readonly RecordEntry[];
}

/** A game's record while it is made. Secret until the game has ended, but for the number of entries, the head, and who contributed. */
export interface Proof {
  readonly secret: string;
  /** What all randomness of the game comes from. */
  readonly seed: string;
  readonly head: string;
  /** Entries so far, those included that a cut record has not. */
  readonly count: number;
  readonly bytes: number;
  readonly isCut: boolean;
  readonly entries: readonly RecordEntry[];
  readonly contributors: readonly AgentId[];
  readonly leftOut: readonly AgentId[];
}
