import { assert } from './assert.ts';
import type { Input } from './input.ts';
import type { SnapshotChunkResponse } from './message.ts';
import type { NodeState } from './node-state.ts';
import type { Progress, SnapshotTransfer } from './progress.ts';

type ChunkRead = Extract<Input, { readonly type: 'snapshotChunkRead' }>;

/**
 * Sends the newest snapshot to a peer that needs entries no longer in the log (paper §7), one piece at a time, each asked for by
 * the answer to the one before. Whatever goes wrong leads back to probing, from where the transfer resumes.
 */
export class SnapshotSender {
  readonly #state: NodeState;

  constructor(state: NodeState) {
    this.#state = state;
  }

  start(progress: Progress): void {
    const { snapshot, nowMs, log } = this.#state;
    assert(snapshot.lastIndex >= log.baseIndex, () => `the log begins after ${log.baseIndex}, the snapshot ends at ${snapshot.lastIndex}`);
    this.#read(progress, progress.startTransfer(snapshot, nowMs));
  }

  onChunkRead(progress: Progress, read: ChunkRead): void {
    const { transfer } = progress;
    if (transfer === null || transfer.waitsFor !== 'read' || transfer.offsetBytes !== read.offsetBytes || transfer.snapshot.lastIndex !== read.snapshot.lastIndex) return;
    const { snapshot, offsetBytes } = transfer;
    const { data } = read;
    const endBytes = offsetBytes + (data?.length ?? 0);
    if (data === null || endBytes > snapshot.sizeBytes || data.length > this.#state.options.snapshotChunkBytesMax || (data.length === 0 && snapshot.sizeBytes > 0)) {
      progress.probeFrom(progress.matchIndex + 1);
      return;
    }
    progress.continueTransfer({ ...transfer, waitsFor: 'answer', sinceMs: this.#state.nowMs });
    this.#state.send(progress.id, { type: 'snapshotChunk', term: this.#state.term, snapshot, offsetBytes, data, done: endBytes === snapshot.sizeBytes });
  }

  /** True when the peer now holds everything the snapshot covers. */
  onResponse(progress: Progress, response: SnapshotChunkResponse): boolean {
    const { transfer } = progress;
    if (transfer === null || transfer.snapshot.lastIndex !== response.lastIndex) return false;
    if (response.installed) return true;
    const { nextOffsetBytes } = response;
    // An answer to an earlier piece, come twice, asks for the piece already out.
    if (transfer.waitsFor !== 'answer' || nextOffsetBytes === transfer.offsetBytes || nextOffsetBytes > transfer.snapshot.sizeBytes) return false;
    const next: SnapshotTransfer = { ...transfer, offsetBytes: nextOffsetBytes, sinceMs: this.#state.nowMs };
    if (nextOffsetBytes < transfer.snapshot.sizeBytes) this.#read(progress, { ...next, waitsFor: 'read' });
    else progress.continueTransfer(next);
    return false;
  }

  /** Gives up on a transfer that has not moved for an election timeout. */
  onHeartbeat(progress: Progress): void {
    const { nowMs, options } = this.#state;
    if (progress.transfer !== null && nowMs - progress.transfer.sinceMs > options.electionTimeoutMaxMs) progress.probeFrom(progress.matchIndex + 1);
  }

  #read(progress: Progress, transfer: SnapshotTransfer): void {
    progress.continueTransfer(transfer);
    this.#state.emit({
      type: 'readSnapshotChunk', to: progress.id, snapshot: transfer.snapshot, offsetBytes: transfer.offsetBytes,
      lengthBytesMax: Math.min(this.#state.options.snapshotChunkBytesMax, transfer.snapshot.sizeBytes - transfer.offsetBytes),
    });
  }
}
