import type { StoredCommand, StoredOutcome } from '@raft-mesh/mesh';

type SessionId = StoredCommand['session'];

export const identityFileName = 'identity.json';
export const journalFileName = 'journal.jsonl';
const outcomesPattern = /^outcomes(?:\.([1-9][0-9]{0,15}))?\.jsonl$/;

/** Outcomes go on in a new file when one is full; the files are counted from 0. */
export function outcomesFileName(generation: number): string {
  return generation === 0 ? 'outcomes.jsonl' : `outcomes.${generation}.jsonl`;
}

/** `null` for any other file. */
export function outcomesGenerationOf(name: string): number | null {
  const found = outcomesPattern.exec(name);
  return found === null ? null : Number(found[1] ?? 0);
}

/** What stands in the journal. */
export type JournalItem =
  /** The first of a compacted journal: outcomes of earlier files, and of this one before `outcomesBytes`, settle commands that are no longer in it. No generation: 0. */
  | { readonly type: 'start'; readonly session: SessionId; readonly nextSequence: number; readonly outcomesBytes: number; readonly outcomesGeneration?: number }
  | { readonly type: 'command'; readonly command: StoredCommand };

/** What the journal and the outcomes after it add up to. */
export class CommandBook {
  readonly #open = new Map<string, StoredCommand>();
  readonly #nextSequences = new Map<SessionId, number>();

  nextSequence(session: SessionId): number {
    return this.#nextSequences.get(session) ?? 1;
  }

  openOf(session: SessionId): readonly StoredCommand[] {
    return [...this.#open.values()].filter((command) => command.session === session).toSorted((one, other) => one.sequence - other.sequence);
  }

  find(session: SessionId, sequence: number): StoredCommand | null {
    return this.#open.get(keyOf(session, sequence)) ?? null;
  }

  start(session: SessionId, nextSequence: number): void {
    this.#nextSequences.set(session, nextSequence);
  }

  command(command: StoredCommand): void {
    this.#open.set(keyOf(command.session, command.sequence), command);
    this.#used(command.session, command.sequence);
  }

  outcome({ session, sequence }: Pick<StoredOutcome, 'session' | 'sequence'>): void {
    this.#open.delete(keyOf(session, sequence));
    this.#used(session, sequence);
  }

  /** Forgets all but this session: the others ended, and their commands are never sent again. */
  keepOnly(session: SessionId): void {
    for (const [key, command] of this.#open) if (command.session !== session) this.#open.delete(key);
    for (const other of this.#nextSequences.keys()) if (other !== session) this.#nextSequences.delete(other);
  }

  #used(session: SessionId, sequence: number): void {
    this.#nextSequences.set(session, Math.max(this.nextSequence(session), sequence + 1));
  }
}

function keyOf(session: SessionId, sequence: number): string {
  return `${session}/${sequence}`;
}
