import { InflightWindow } from './inflight-window.ts';
import type { LogIndex, NodeId } from './identity.ts';
import type { SnapshotMeta } from './snapshot.ts';

/** Where a snapshot's way to one peer has got to. One piece is under way at a time. */
export interface SnapshotTransfer {
  readonly snapshot: SnapshotMeta;
  readonly offsetBytes: number;
  /** `read`: our own driver reads the piece; `answer`: the peer has it. */
  readonly waitsFor: 'read' | 'answer';
  readonly sinceMs: number;
}

/**
 * The leader's view of one peer. Invariant: matchIndex < nextIndex.
 * `probe` finds where the logs agree with one append at a time, `replicate` streams optimistically, `snapshot` waits for one to arrive.
 */
export class Progress {
  readonly id: NodeId;
  readonly inflight: InflightWindow;
  #state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  #matchIndex: LogIndex = 0;
  #nextIndex: LogIndex;
  #transfer: SnapshotTransfer | null = null;
  /** What a failed transfer had reached, so that the next can go on from there. */
  #resumable: { readonly snapshot: SnapshotMeta; readonly offsetBytes: number } | null = null;
  /** In `probe`: an append is out and unanswered. */
  probeSent = false;
  lastContactAtMs: number | null = null;
  /** The commit index this peer was last told. */
  commitIndexSent: LogIndex = 0;
  /** The newest read context this peer has confirmed. */
  readContextConfirmed = 0;
  /** Set while the peer is no longer a member and may not know it: `index` is the configuration without it, `untilMs` when it is given up. */
  leaving: { readonly index: LogIndex; readonly untilMs: number | null } | null = null;

  constructor(id: NodeId, nextIndex: LogIndex, inflightMessagesMax: number, inflightBytesMax: number) {
    this.id = id;
    this.#nextIndex = nextIndex;
    this.inflight = new InflightWindow(inflightMessagesMax, inflightBytesMax);
  }

  get state(): 'probe' | 'replicate' | 'snapshot' { return this.#state; }
  get matchIndex(): LogIndex { return this.#matchIndex; }
  get nextIndex(): LogIndex { return this.#nextIndex; }
  get transfer(): SnapshotTransfer | null { return this.#transfer; }

  /** Heard within `forMs` before `nowMs`. */
  isHeard(nowMs: number, forMs: number): boolean {
    return this.lastContactAtMs !== null && nowMs - this.lastContactAtMs <= forMs;
  }

  /** The peer holds the log up to `index`. Never goes back. */
  acknowledge(index: LogIndex): void {
    this.#matchIndex = Math.max(this.#matchIndex, index);
    this.#nextIndex = Math.max(this.#nextIndex, this.#matchIndex + 1);
    this.inflight.freeThrough(this.#matchIndex);
  }

  /** Entries up to `lastIndex` are on their way. */
  sent(lastIndex: LogIndex, bytes: number): void {
    this.#nextIndex = lastIndex + 1;
    this.inflight.add(lastIndex, bytes);
  }

  probeFrom(nextIndex: LogIndex): void {
    this.#leave();
    this.#state = 'probe';
    this.#nextIndex = Math.max(nextIndex, this.#matchIndex + 1);
  }

  replicate(): void {
    this.#leave();
    this.#resumable = null;
    this.#state = 'replicate';
    this.#nextIndex = this.#matchIndex + 1;
  }

  startTransfer(snapshot: SnapshotMeta, nowMs: number): SnapshotTransfer {
    const resumable = this.#resumable;
    this.#leave();
    this.#state = 'snapshot';
    const offsetBytes = resumable !== null && resumable.snapshot.lastIndex === snapshot.lastIndex ? resumable.offsetBytes : 0;
    this.#transfer = { snapshot, offsetBytes, waitsFor: 'read', sinceMs: nowMs };
    return this.#transfer;
  }

  continueTransfer(transfer: SnapshotTransfer): void {
    this.#transfer = transfer;
  }

  #leave(): void {
    if (this.#transfer !== null) {
      const { snapshot, offsetBytes } = this.#transfer;
      // All sent and never confirmed: the peer may have lost it, and it says at once if it has not.
      this.#resumable = { snapshot, offsetBytes: offsetBytes < snapshot.sizeBytes ? offsetBytes : 0 };
      this.#transfer = null;
    }
    this.probeSent = false;
    this.inflight.clear();
  }
}
