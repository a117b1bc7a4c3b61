import type { Configuration, SnapshotMeta } from '@raft-mesh/raft';
import type { App, StateSnapshot, TextDigest } from '@raft-mesh/state-machine';
import { StateMachine } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import type { ManagerStore } from '../ports/manager-store.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts';

interface Current {
  readonly snapshot: StateSnapshot;
  readonly term: number;
  readonly configuration: Configuration;
}

export interface SnapshotsOptions {
  readonly app: App;
  readonly digest?: TextDigest;
  readonly store: ManagerStore;
  readonly clock: Clock;
  /** A snapshot is taken when this many bytes of entries have been applied since the last. */
  readonly logBytes: number;
  /** What a snapshot would hold now; `null` while that cannot be said. */
  readonly current: () => Current | null;
  readonly onTaken: (snapshot: SnapshotMeta) => void;
  readonly onFailed: (reason: string) => void;
  /** There was no room for one; another is tried later. */
  readonly onNoRoom: () => void;
}

const readBytesMax = 1024 * 1024;
const noRoomPauseMs = 10_000;

/** Takes snapshots of the state now and then, without holding up commands, and reads the state back from one. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #bytesSince = 0;
  #notBeforeMs = 0;
  #saving: Promise<void> | null = null;
  #closed = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** This many bytes of entries were applied. */
  applied(bytes: number): void {
    this.#bytesSince += bytes;
    if (this.#bytesSince >= this.#options.logBytes && this.#options.clock.nowMs() >= this.#notBeforeMs) this.take();
  }

  /** Begins one now. False when one is being written already, none can be, or this is over. */
  take(): boolean {
    const current = this.#saving !== null || this.#closed ? null : this.#options.current();
    if (current === null) return false;
    this.#bytesSince = 0;
    this.#saving = this.#save(current).finally(() => { this.#saving = null; });
    return true;
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    await this.#saving;
  }

  /** The state as the store's snapshot has it; a fresh one when there has never been any. Rejects when the data is damaged. */
  async load(meta: SnapshotMeta): Promise<StateMachine> {
    const { app, store, digest } = this.#options;
    this.#bytesSince = 0;
    if (meta.sizeBytes === 0 && meta.lastIndex === 0) return new StateMachine(app, digest);
    const data = new Uint8Array(meta.sizeBytes);
    let offset = 0;
    while (offset < data.length) {
      const piece = await store.readSnapshot(meta.lastIndex, offset, Math.min(readBytesMax, data.length - offset));
      if (piece === null || piece.length === 0) throw new Error(`the snapshot at index ${meta.lastIndex} ends after ${offset} of ${meta.sizeBytes} bytes`);
      data.set(piece, offset);
      offset += piece.length;
    }
    const { header, parts } = decodeSnapshot(data);
    if (header.app !== app.name) throw new Error(`this snapshot is of the app "${header.app}", not of "${app.name}": start the manager with the app of its mesh`);
    const machine = StateMachine.restore(app, parts, digest);
    if (machine.appliedIndex !== meta.lastIndex) throw new Error(`the snapshot holds the state at index ${machine.appliedIndex}, its name says ${meta.lastIndex}`);
    return machine;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#saving;
  }

  async #save({ snapshot, term, configuration }: Current): Promise<void> {
    const { store, clock, logBytes, onTaken, onFailed, onNoRoom } = this.#options;
    try {
      const meta = await store.saveSnapshot({ lastIndex: snapshot.index, lastTerm: term, logTimeMs: snapshot.logTimeMs, configuration }, this.#slices(snapshot));
      if (!this.#closed) onTaken(meta);
    } catch (error) {
      if (this.#closed) return;
      if (isDiskFull(error)) {
        this.#bytesSince += logBytes;
        this.#notBeforeMs = clock.nowMs() + noRoomPauseMs;
        onNoRoom();
      } else onFailed(`saving a snapshot failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** One piece per event-loop turn, so that commands and heartbeats go on in between. */
  async *#slices(snapshot: StateSnapshot): AsyncGenerator<Uint8Array, void, undefined> {
    for (const piece of encodeSnapshot(this.#options.app, snapshot)) {
      yield piece;
      await new Promise<void>((resolve) => { this.#options.clock.defer(resolve); });
    }
  }
}

function isDiskFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'diskFull';
}
