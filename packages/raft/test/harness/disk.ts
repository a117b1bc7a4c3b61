import type { Effect, Entry, PersistedState, SnapshotMeta } from '@raft-mesh/raft';

type DiskEffect = Extract<Effect, { readonly type: 'write' | 'writeSnapshotChunk' | 'installSnapshot' }>;

/** What one node's disk holds, and the writes under way to it. A crash loses those from some point on. */
export class Disk {
  #state: PersistedState;
  #snapshotData: Uint8Array;
  readonly #pending: DiskEffect[] = [];
  #received: number[] = [];

  constructor(state: PersistedState) {
    this.#state = state;
    this.#snapshotData = new Uint8Array();
  }

  get state(): PersistedState { return this.#state; }
  get snapshotData(): Uint8Array { return this.#snapshotData; }
  get pending(): readonly DiskEffect[] { return this.#pending; }

  write(effect: DiskEffect): void { this.#pending.push(effect); }

  /** The oldest write becomes durable. */
  completeOne(): DiskEffect | undefined {
    const effect = this.#pending.shift();
    if (effect !== undefined) this.#perform(effect);
    return effect;
  }

  /** Power fails: `survivors` of the pending writes had reached the platter unacknowledged. */
  crash(survivors: number): void {
    for (let count = 0; count < survivors; count++) this.completeOne();
    this.#pending.length = 0;
    this.#received = [];
  }

  saveSnapshot(meta: SnapshotMeta, data: Uint8Array): void {
    this.#state = { ...this.#state, snapshot: meta };
    this.#snapshotData = data;
  }

  compact(throughIndex: number): void {
    this.#state = { ...this.#state, entries: this.#state.entries.filter((entry) => entry.index > throughIndex) };
  }

  /** The term durably held at an index: `undefined` if none, `'snapshot'` where a snapshot covers it. */
  termAt(index: number): number | 'snapshot' | undefined {
    if (index <= this.#state.snapshot.lastIndex) return 'snapshot';
    const first = this.#state.entries[0];
    return first === undefined ? undefined : this.#state.entries[index - first.index]?.term;
  }

  #perform(effect: DiskEffect): void {
    switch (effect.type) {
      case 'write': {
        const kept: readonly Entry[] = effect.truncateFrom === null ? this.#state.entries : this.#state.entries.filter((entry) => entry.index < (effect.truncateFrom ?? 0));
        const entries = [...kept, ...effect.entries];
        const last = kept.at(-1)?.index ?? this.#state.snapshot.lastIndex;
        if (effect.entries[0] !== undefined && effect.entries[0].index > Math.max(last, this.#state.snapshot.lastIndex) + 1) throw new Error(`a gap on disk before ${effect.entries[0].index}`);
        if (effect.entries[0] !== undefined && effect.entries[0].index <= last && kept.length > 0) throw new Error(`entry ${effect.entries[0].index} written over ${last}`);
        this.#state = { ...this.#state, hardState: effect.hardState ?? this.#state.hardState, entries };
        return;
      }
      case 'writeSnapshotChunk':
        if (effect.offsetBytes === 0) this.#received = [];
        if (effect.offsetBytes !== this.#received.length) throw new Error('a gap in a received snapshot');
        this.#received.push(...effect.data);
        return;
      case 'installSnapshot':
        if (this.#received.length !== effect.snapshot.sizeBytes) throw new Error('a received snapshot is incomplete');
        this.#state = { ...this.#state, snapshot: effect.snapshot, entries: [] };
        this.#snapshotData = Uint8Array.from(this.#received);
    }
  }
}
