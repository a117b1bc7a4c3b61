import { assert } from './assert.ts';
import type { NodeId, Term } from './identity.ts';
import type { SnapshotChunk } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { SnapshotMeta } from './snapshot.ts';

interface Receiving {
  /** Pieces of two leaders never mix: their bytes may differ for the same state. */
  readonly from: NodeId;
  readonly term: Term;
  readonly snapshot: SnapshotMeta;
  nextOffsetBytes: number;
  /** The last piece stored, which an answer waits for. */
  storeWriteId: number | null;
  /** Set once every piece is there. */
  installWriteId: number | null;
}

/** Receives a snapshot piece by piece and installs it (paper §7, Figure 13). */
export class SnapshotReceiver {
  readonly #state: NodeState;
  #receiving: Receiving | null = null;

  constructor(state: NodeState) {
    this.#state = state;
  }

  /** The caller has settled term and leader. */
  onChunk(from: NodeId, chunk: SnapshotChunk): void {
    const state = this.#state;
    const { snapshot } = chunk;
    if (this.#isCovered(snapshot)) {
      this.#answer(from, snapshot, snapshot.sizeBytes, true, state.writes.writeCovering(Math.min(snapshot.lastIndex, state.log.lastIndex)));
      return;
    }
    const receiving = this.#receivingOf(from, chunk);
    if (receiving === null) {
      this.#answer(from, snapshot, 0, false, null);
      return;
    }
    if (receiving.installWriteId === null && chunk.offsetBytes === receiving.nextOffsetBytes) this.#store(receiving, chunk);
    const stored = receiving.storeWriteId === null || state.writes.isDurable(receiving.storeWriteId);
    this.#answer(from, snapshot, receiving.nextOffsetBytes, false, stored ? null : receiving.storeWriteId);
  }

  /** True when a snapshot was installed: log and state machine now stand at its end. */
  onWritten(): boolean {
    const state = this.#state;
    const receiving = this.#receiving;
    if (receiving?.installWriteId == null || !state.writes.isDurable(receiving.installWriteId)) return false;
    this.#receiving = null;
    state.installing = false;
    state.adoptSnapshot(receiving.snapshot);
    // A leader of a later term finds out by itself what is here.
    if (state.term === receiving.term && state.leader === receiving.from) this.#answer(receiving.from, receiving.snapshot, receiving.snapshot.sizeBytes, true, null);
    return true;
  }

  /** Whether everything in the snapshot is here already, committed; a log that reaches its end proves that too. */
  #isCovered(snapshot: SnapshotMeta): boolean {
    const state = this.#state;
    const term = state.log.termAt(snapshot.lastIndex);
    if (snapshot.lastIndex <= state.commitIndex) {
      assert(term === null || term === snapshot.lastTerm, () => `snapshot ${snapshot.lastIndex} has term ${snapshot.lastTerm}, what is committed here has ${String(term)}`);
      return true;
    }
    if (state.installing || term !== snapshot.lastTerm) return false;
    state.commitThrough(snapshot.lastIndex);
    return true;
  }

  #receivingOf(from: NodeId, { term, snapshot, offsetBytes }: SnapshotChunk): Receiving | null {
    const current = this.#receiving;
    if (current !== null && current.from === from && current.term === term && current.snapshot.lastIndex === snapshot.lastIndex && current.snapshot.sizeBytes === snapshot.sizeBytes) return current;
    if (this.#state.installing || offsetBytes !== 0) return null;
    this.#receiving = { from, term, snapshot, nextOffsetBytes: 0, storeWriteId: null, installWriteId: null };
    return this.#receiving;
  }

  #store(receiving: Receiving, { offsetBytes, data, done }: SnapshotChunk): void {
    const state = this.#state;
    const { snapshot } = receiving;
    receiving.storeWriteId = state.writes.issue(state.nowMs);
    receiving.nextOffsetBytes += data.length;
    state.emit({ type: 'writeSnapshotChunk', writeId: receiving.storeWriteId, snapshot, offsetBytes, data });
    if (!done) return;
    receiving.installWriteId = state.writes.issue(state.nowMs);
    state.installing = true;
    state.emit({ type: 'installSnapshot', writeId: receiving.installWriteId, snapshot });
  }

  #answer(to: NodeId, { lastIndex }: SnapshotMeta, nextOffsetBytes: number, installed: boolean, after: number | null): void {
    const state = this.#state;
    const needed = Math.max(after ?? 0, state.writes.hardStateWriteId ?? 0);
    state.send(to, { type: 'snapshotChunkResponse', term: state.term, lastIndex, nextOffsetBytes, installed }, needed === 0 ? null : needed);
  }
}
