import type { JsonValue } from '@raft-mesh/state-machine';
import { isSameJson } from '@raft-mesh/state-machine';
import type { DocumentHistory, KnownOperation, UnknownOperation } from './document-operation.ts';
import type { VersionIndex } from './version-index.ts';
import { indexVersions } from './version-index.ts';

/** `undecided`: the search would have taken more steps than it may. */
export type SearchResult = 'ordered' | 'unordered' | 'undecided';

/** The document, and the highest version that it ever had: the next one is higher. Absent is version 0. */
interface State { readonly version: number; readonly value: JsonValue; readonly highest: number }

/** What changes the document next: an operation by its place among the known, or among the unknown. */
interface Move { readonly known: number | null; readonly unknown: number | null; readonly state: State }

/** One step of the search, with what takes it back. */
interface Frame {
  readonly placedKnown: readonly number[];
  readonly placedUnknown: number | null;
  readonly stateBefore: State;
  readonly madeBefore: number;
  readonly moves: readonly Move[];
  nextMove: number;
}

/**
 * Looks for an order of one document's operations that keeps to real time and explains every answer: Wing and Gong's search with Lowe's
 * memory of (what is placed, state). A version is the log index of its write, so versions rise in every such order, and that leaves
 * little choice: the next write is the one of the next version. A look that fits is placed at once, for it changes nothing. What has an
 * unknown outcome is placed only where something is about to see it, for else it may as well not have happened.
 */
export class OrderSearch {
  readonly #known: readonly KnownOperation[];
  readonly #unknown: readonly UnknownOperation[];
  readonly #index: VersionIndex;
  readonly #isPlaced: Uint8Array;
  readonly #isUsed: Uint8Array;
  /** Places among the known, by end. */
  readonly #byEnd: readonly number[];
  readonly #seen = new Set<string>();
  #state: State = { version: 0, value: null, highest: 0 };
  /** How many versions of the index are made. */
  #made = 0;
  /** The first in `#byEnd` that is not placed. */
  #firstOpen = 0;

  constructor(history: DocumentHistory) {
    const { known, unknown } = history;
    this.#known = known;
    // Of two that could do the same, the one that began first can do whatever the other can.
    this.#unknown = [...unknown].sort((left, right) => left.start - right.start);
    this.#index = indexVersions(history);
    this.#isPlaced = new Uint8Array(known.length);
    this.#isUsed = new Uint8Array(unknown.length);
    this.#byEnd = known.map((_, place) => place).sort((left, right) => this.#endOf(left) - this.#endOf(right));
  }

  /** A search runs once. */
  run(stepsMax: number): SearchResult {
    const { made } = this.#index;
    if (made.some(({ version }, place) => version === made[place + 1]?.version)) return 'unordered';
    const first = this.#enter(null);
    if (first === 'ordered') return 'ordered';
    const frames: Frame[] = [first];
    for (let steps = 0; steps < stepsMax; steps++) {
      const frame = frames.at(-1);
      if (frame === undefined) return 'unordered';
      const move = frame.moves[frame.nextMove++];
      if (move === undefined) {
        frames.pop();
        this.#leave(frame);
        continue;
      }
      const entered = this.#enter(move);
      if (entered === 'ordered') return 'ordered';
      frames.push(entered);
    }
    return frames.length === 0 ? 'unordered' : 'undecided';
  }

  /** Makes a move, places every look that fits, and lists what can come next. */
  #enter(move: Move | null): Frame | 'ordered' {
    const undo = { placedKnown: [] as number[], placedUnknown: move?.unknown ?? null, stateBefore: this.#state, madeBefore: this.#made };
    if (move !== null) {
      if (move.known !== null) this.#place(move.known, undo.placedKnown);
      if (move.unknown !== null) this.#isUsed[move.unknown] = 1;
      this.#state = move.state;
      while ((this.#index.made[this.#made]?.version ?? Infinity) <= move.state.highest) this.#made++;
    }
    this.#look(undo.placedKnown);
    if (this.#firstOpen === this.#byEnd.length) return 'ordered';
    const { version, highest } = this.#state;
    const key = `${version} ${highest} ${bitsOf(this.#isPlaced)} ${bitsOf(this.#isUsed)}`;
    const moves = this.#seen.has(key) ? [] : this.#moves();
    this.#seen.add(key);
    return { ...undo, moves, nextMove: 0 };
  }

  #leave({ placedKnown, placedUnknown, stateBefore, madeBefore }: Frame): void {
    for (const place of placedKnown) this.#isPlaced[place] = 0;
    if (placedUnknown !== null) this.#isUsed[placedUnknown] = 0;
    this.#state = stateBefore;
    this.#made = madeBefore;
    this.#firstOpen = 0;
    this.#skipPlaced();
  }

  #place(place: number, placed: number[]): void {
    this.#isPlaced[place] = 1;
    placed.push(place);
    this.#skipPlaced();
  }

  #skipPlaced(): void {
    while (this.#firstOpen < this.#byEnd.length && this.#isPlaced[this.#byEnd[this.#firstOpen] ?? 0] === 1) this.#firstOpen++;
  }

  /** What begins later than this must wait until the operation that ends here is placed. */
  get #horizon(): number {
    const first = this.#byEnd[this.#firstOpen];
    return first === undefined ? Infinity : this.#endOf(first);
  }

  #endOf(place: number): number {
    return this.#known[place]?.end ?? Infinity;
  }

  #isOpen(place: number): boolean {
    return this.#isPlaced[place] === 0 && (this.#known[place]?.start ?? Infinity) <= this.#horizon;
  }

  /** What is placed moves the horizon, so that more may fit. */
  #look(placed: number[]): void {
    const { version, value } = this.#state;
    const { sawAbsent, saw, sawOther } = this.#index;
    let before: number;
    do {
      before = placed.length;
      if (version === 0) for (const place of sawAbsent) if (this.#isOpen(place)) this.#place(place, placed);
      for (const place of saw.get(version) ?? []) if (this.#isOpen(place) && this.#sawValue(place, value)) this.#place(place, placed);
      for (const place of sawOther) if (this.#isOpen(place) && !this.#missed(place, version)) this.#place(place, placed);
    } while (placed.length > before);
  }

  #sawValue(place: number, value: JsonValue): boolean {
    const effect = this.#known[place]?.effect;
    return effect?.kind === 'saw' && isSameJson(effect.value, value);
  }

  #missed(place: number, version: number): boolean {
    const effect = this.#known[place]?.effect;
    return effect?.kind === 'sawOther' && effect.thanVersion === version;
  }

  #moves(): readonly Move[] {
    const { version } = this.#state;
    if (version !== 0) {
      // Whoever saw this version, or took its place, can do so at no other time.
      if ((this.#index.saw.get(version) ?? []).some((place) => this.#isPlaced[place] === 0)) return [];
      const leaving = (this.#index.left.get(version) ?? []).filter((place) => this.#isPlaced[place] === 0);
      const [only] = leaving;
      if (leaving.length > 1) return [];
      if (only !== undefined) {
        if (!this.#isOpen(only)) return [];
        return this.#known[only]?.effect.kind === 'delete' ? [this.#deletedBy(only, null)] : this.#nextWrite();
      }
    }
    return [...this.#nextWrite(), ...this.#unknownDeletes(), ...this.#unseenWrites()];
  }

  /** The write of the next version that there was, or an unknown one that may be it. */
  #nextWrite(): readonly Move[] {
    const next = this.#index.made[this.#made];
    if (next === undefined || next.version <= this.#state.highest) return [];
    if (next.writer === null) return this.#unknownWrites([next.version], (value) => (this.#index.saw.get(next.version) ?? []).every((place) => this.#sawValue(place, value)));
    const effect = this.#known[next.writer]?.effect;
    if (effect?.kind !== 'write' || !this.#isOpen(next.writer) || (effect.expectedVersion !== null && effect.expectedVersion !== this.#state.version)) return [];
    return [{ known: next.writer, unknown: null, state: { version: effect.version, value: effect.value, highest: effect.version } }];
  }

  /** Writes of which nobody saw the version: another was missing for it, or one of unknown outcome may have replaced just it. */
  #unseenWrites(): readonly Move[] {
    const { highest } = this.#state;
    const before = this.#index.made[this.#made]?.version ?? Infinity;
    const versions = new Set<number>();
    if (this.#index.sawOther.some((place) => this.#isOpen(place))) {
      for (let version = highest + 1; version < before; version++) {
        versions.add(version);
        if (!this.#index.missed.has(version)) break;
      }
    }
    this.#unknown.forEach(({ possibility: { expectedVersion } }, place) => {
      if (this.#isUsed[place] === 0 && expectedVersion !== null && expectedVersion > highest && expectedVersion < before) versions.add(expectedVersion);
    });
    return versions.size === 0 ? [] : this.#unknownWrites([...versions], () => true);
  }

  #unknownWrites(versions: readonly number[], mayWrite: (value: JsonValue) => boolean): readonly Move[] {
    const moves: Move[] = [];
    const tried: JsonValue[] = [];
    this.#unknown.forEach(({ start, possibility }, place) => {
      if (this.#isUsed[place] === 1 || start > this.#horizon || possibility.kind !== 'write' || !mayWrite(possibility.value)) return;
      if (possibility.expectedVersion !== null && possibility.expectedVersion !== this.#state.version) return;
      const likeness = [possibility.value, possibility.expectedVersion];
      if (tried.some((other) => isSameJson(other, likeness))) return;
      tried.push(likeness);
      for (const version of versions) moves.push({ known: null, unknown: place, state: { version, value: possibility.value, highest: version } });
    });
    return moves;
  }

  #unknownDeletes(): readonly Move[] {
    const { version } = this.#state;
    if (version === 0 || !this.#isAbsenceAwaited()) return [];
    const moves: Move[] = [];
    let isPlainTried = false;
    this.#unknown.forEach(({ start, possibility }, place) => {
      if (this.#isUsed[place] === 1 || start > this.#horizon || possibility.kind !== 'delete') return;
      const isPlain = possibility.expectedVersion === null;
      if (isPlain ? isPlainTried : possibility.expectedVersion !== version) return;
      isPlainTried ||= isPlain;
      moves.push(this.#deletedBy(null, place));
    });
    return moves;
  }

  #isAbsenceAwaited(): boolean {
    const { sawAbsent, sawOther, made } = this.#index;
    if (sawAbsent.some((place) => this.#isOpen(place)) || sawOther.some((place) => this.#isOpen(place))) return true;
    // A compare-and-set may have waited for it.
    const writer = made[this.#made]?.writer ?? null;
    if (writer === null) return this.#unknown.some(({ possibility }, place) => this.#isUsed[place] === 0 && possibility.kind === 'write' && possibility.expectedVersion === 0);
    const effect = this.#known[writer]?.effect;
    return effect?.kind === 'write' && effect.expectedVersion === 0;
  }

  #deletedBy(known: number | null, unknown: number | null): Move {
    return { known, unknown, state: { version: 0, value: null, highest: this.#state.highest } };
  }
}

function bitsOf(flags: Uint8Array): string {
  let text = '';
  let bits = 0;
  for (let position = 0; position < flags.length; position++) {
    bits = (bits << 1) | (flags[position] ?? 0);
    if (position % 16 === 15) { text += String.fromCharCode(bits); bits = 0; }
  }
  return text + String.fromCharCode(bits);
}
