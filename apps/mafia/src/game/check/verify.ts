import type { AgentId } from '@raft-mesh/state-machine';
import type { Winner } from '../character.ts';
import { commitmentTo, contributionHash, headAfter } from '../proof/hashes.ts';
import { rulesVersion } from '../proof/record.ts';
import type { Contribution, GameRecord, RecordedStep, RecordEntry } from '../proof/record.ts';
import { Replay } from './replay.ts';
import { readRecord } from './shape.ts';

/** A head that somebody saw during the game and kept; `entries: null` when it is not known after how many entries. */
export interface KeptHead {
  readonly entries: number | null;
  readonly head: string;
}

export type VerificationCode =
  /** It is no record, or its entry has not the shape of one. */
  | 'notARecord'
  /** It was made by other rules than these. */
  | 'otherRules'
  /** The secret is not what the managers were bound to. */
  | 'wrongSecret'
  /** Entries are missing, or in another order. */
  | 'missing'
  /** An entry is not what the chain was made of. */
  | 'changed'
  | 'againstTheRules'
  /** By the rules, something else comes of what was done. */
  | 'otherResult'
  /** The chain is whole, and not the one that was seen during the game. */
  | 'otherHead'
  /** What somebody opened, and knows to have been taken, is not in the deal. */
  | 'notMyContribution'
  /** It does not reach the end of the game. */
  | 'unfinished'
  /** The game grew longer than a record may be. What there is of it is as it should be. */
  | 'cut';

/** What became of checking a record. Plain JSON. */
export type Verification =
  | {
    readonly verified: true; readonly game: number; readonly entries: number; readonly winner: Winner;
    /** Whose contributions the deal depends on; with none of them, nothing kept the managers from choosing a secret that they liked. */
    readonly contributors: readonly AgentId[];
    /** Who had committed and did not open in time: a possible say of one bit each. */
    readonly leftOut: readonly AgentId[];
    /** How many kept heads are in its chain; with none, it may be a whole other game, made up by whoever gave you the record. */
    readonly headsFound: number;
    /** Whether the contribution that was given is in the deal; `null` when none was given. */
    readonly isMineInDeal: true | null;
    /** The last head of the chain. */
    readonly head: string;
  }
  /** `entry`: the first bad one; 0 is the record as such. `through`: the last that it may be, where the heads that were kept leave it open. */
  | { readonly verified: false; readonly game: number | null; readonly entry: number; readonly through: number; readonly code: VerificationCode; readonly message: string };

type Failure = Extract<Verification, { verified: false }>;

function stepOf(entry: RecordEntry): RecordedStep {
  const { number: _number, atMs: _atMs, head: _head, ...step } = entry;
  return step;
}

/** The heads that were kept, against the chain of the record as it is gone through. */
class HeadsKept {
  readonly #kept: readonly KeptHead[];
  readonly #found = new Set<KeptHead>();
  /** Up to this entry the chain is known to be the one that was seen. */
  seenThrough = -1;

  constructor(kept: readonly KeptHead[]) { this.#kept = kept; }

  get found(): number { return this.#found.size; }

  /** The kept head that contradicts this one, if any. */
  meet(entries: number, head: string): KeptHead | null {
    for (const kept of this.#kept) {
      if (kept.head === head && (kept.entries === null || kept.entries === entries)) {
        this.#found.add(kept);
        this.seenThrough = entries;
      }
    }
    return this.#kept.find((kept) => kept.entries === entries && kept.head !== head) ?? null;
  }

  /** One that was not met in the whole record. */
  get missing(): KeptHead | null { return this.#kept.find((kept) => !this.#found.has(kept)) ?? null; }
}

function chainProblem(entry: RecordEntry, number: number, before: string, secret: string): Pick<Failure, 'code' | 'message'> | null {
  if (entry.number !== number) return { code: 'missing', message: `entry ${number} is missing, or out of order: number ${entry.number} is in its place` };
  const { head } = headAfter(before, secret, number, entry.atMs, stepOf(entry));
  return head === entry.head ? null : { code: 'changed', message: `entry ${number} (${entry.kind}) is not what the chain was made of: it was changed, or the one before it is missing` };
}

/** Why the entry does not have what one contributed. */
function contributionProblem(entry: RecordEntry, game: number, { by, nonce }: Contribution): string | null {
  if (entry.kind === 'sealed' && !entry.commitments.some((made) => made.by === by && made.hash === contributionHash(game, { by, nonce }))) return `what ${by} had committed to is not what the contribution that you kept hashes to`;
  if (entry.kind === 'dealt' && !entry.contributions.some((made) => made.by === by && made.nonce === nonce)) return `the contribution of ${by} that you kept is not in the deal`;
  return null;
}

function checked(record: GameRecord, heads: readonly KeptHead[], mine: Contribution | null): Verification {
  const { game, secret, entries } = record;
  const kept = new HeadsKept(heads);
  const bad = (entry: number, code: VerificationCode, message: string, through = entry): Failure => ({ verified: false, game, entry, through, code, message });
  const otherHead = (through: number): Failure => bad(Math.min(kept.seenThrough + 1, through), 'otherHead', 'the chain is not the one that was seen during the game: the record was rewritten', through);
  const commitment = commitmentTo(secret);
  const [first] = entries;
  if (first?.kind === 'sealed' && first.commitment !== commitment) return bad(1, 'wrongSecret', 'the secret is not the one that the managers were bound to before the deal');
  let head = commitment;
  if (kept.meet(0, head) !== null) return bad(0, 'wrongSecret', 'the secret is not the one whose hash was shown before the deal');
  const replay = new Replay(record);
  for (const [place, entry] of entries.entries()) {
    const number = place + 1;
    const broken = chainProblem(entry, number, head, secret);
    if (broken !== null) return bad(number, broken.code, broken.message);
    ({ head } = entry);
    if (kept.meet(number, head) !== null) return otherHead(number);
    const problem = entry.kind === 'sealed' && entry.game !== game ? { code: 'againstTheRules' as const, message: 'it is of another game' } : replay.play(entry);
    if (problem !== null) return bad(number, problem.code, `entry ${number} (${entry.kind}): ${problem.message}`);
    const missed = mine === null ? null : contributionProblem(entry, game, mine);
    if (missed !== null) return bad(number, 'notMyContribution', `entry ${number} (${entry.kind}): ${missed}`);
  }
  const { missing } = kept;
  if (missing !== null && missing.entries !== null) return bad(entries.length + 1, 'missing', `a head was seen after ${missing.entries} entries; the record has ${entries.length}`);
  if (missing !== null) return otherHead(entries.length);
  if (record.isCut) return bad(entries.length + 1, 'cut', `the game grew longer than a record may be; its first ${entries.length} entries are as they should be`);
  const { state } = replay;
  if (state?.phase !== 'ended') return bad(entries.length + 1, 'unfinished', `entry ${entries.length + 1} is missing: the record does not reach the end of the game`);
  return { verified: true, game, entries: entries.length, winner: state.winner, contributors: state.proof?.contributors ?? [], leftOut: state.proof?.leftOut ?? [], headsFound: kept.found, isMineInDeal: mine === null ? null : true, head };
}

/**
 * Plays a game again from its record, by the rules of the game, and checks the secret against what the managers were bound to, the deal, every
 * night, every vote, their order and the winner; and the whole chain against the heads that a page (or anyone) kept while the game went on.
 * `mine`: what one contributed, if one knows that it was opened in time; it must be in the deal. `value` may be anything, from anywhere: what is no
 * record is said to be none. Pure; takes milliseconds.
 */
export function verifyRecord(value: unknown, heads: readonly KeptHead[] = [], mine: Contribution | null = null): Verification {
  const read = readRecord(value);
  if (!read.ok) return { verified: false, game: null, entry: read.entry, through: read.entry, code: 'notARecord', message: read.entry === 0 ? `this is no record of a game (${read.problem})` : `entry ${read.entry} is none (${read.problem})` };
  const { record } = read;
  if (record.rules !== rulesVersion) return { verified: false, game: record.game, entry: 0, through: 0, code: 'otherRules', message: `this record was made by version ${record.rules} of the rules; these are version ${rulesVersion}` };
  return checked(record, heads, mine);
}
