import type { LogWrite, ManagerStore } from '@raft-mesh/mesh';
import type { Configuration, PersistedState, SnapshotMeta } from '@raft-mesh/raft';
import type { FaultKind } from '../faults/fault.ts';
import type { Damage, Disk } from './disk.ts';
import type { Due, EventLoop } from './event-loop.ts';
import { Platter } from './platter.ts';
import { SimulatedManagerStore } from './simulated-manager-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedRandom } from './simulated-random.ts';

/** One thing that a store was asked to make durable. */
export type DiskWrite =
  | { readonly kind: 'log'; readonly write: LogWrite }
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotMeta; readonly data: Uint8Array }
  | { readonly kind: 'install'; readonly snapshot: SnapshotMeta; readonly data: Uint8Array }
  | { readonly kind: 'compact'; readonly throughIndex: number }
  /** A received piece of a snapshot: nothing of it counts before it is installed. */
  | { readonly kind: 'piece' };

interface Pending {
  readonly write: DiskWrite;
  readonly process: SimulatedProcess;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface DiskOptions {
  readonly loop: EventLoop;
  readonly random: SimulatedRandom;
  readonly flushMinMs: number;
  readonly flushMeanMs: number;
  /** When a crash loses a write that was underway: how often half of it is found, and dropped by its sums. */
  readonly tornPerMille: number;
  readonly happened: (kind: FaultKind) => void;
  /** It has reached the platter. */
  readonly onDurable: (write: DiskWrite) => void;
  /** Something begins to wait for the platter. */
  readonly onPending: () => void;
}

const damageTexts: Readonly<Record<Damage, string>> = {
  bitFlip: 'a bit has flipped in what was flushed', misdirectedWrite: 'a write went astray: two places hold what belongs elsewhere',
};

/**
 * A disk that writes one thing after the other, each after a drawn delay. It can be slow, hang, fail a flush, be full, and lose or
 * tear at a crash what was not flushed: of what waits, some from the first on survive whole.
 */
export class SimulatedDisk implements Disk {
  readonly platter: Platter;
  readonly #options: DiskOptions;
  #pending: Pending[] = [];
  #flushing: Due | null = null;
  #hangs = 0;
  #full = 0;
  #slowMs: number[] = [];
  #failsNext = false;
  /** A flush has failed in this life of its process: nothing succeeds any more. */
  #broken = false;
  /** A bit has flipped in what is not flushed: it is lost at the crash, as a torn write is. */
  #tears = false;

  constructor(configuration: Configuration, options: DiskOptions) {
    this.platter = new Platter(configuration);
    this.#options = options;
  }

  get pending(): number {
    return this.#pending.length;
  }

  get isFull(): boolean {
    return this.#full > 0;
  }

  /** A flush has failed, or what it holds is damaged: reason enough for its manager to stop. */
  get hasFailed(): boolean {
    return this.#broken || this.platter.damage !== null;
  }

  openStore(process: SimulatedProcess, onLoaded: (persisted: PersistedState) => void): ManagerStore {
    return new SimulatedManagerStore(this, process, onLoaded);
  }

  /** What `process` writes, in order. Settles when it is flushed, or refused; never when the process dies before. */
  write(process: SimulatedProcess, write: DiskWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!process.alive) return;
      this.#pending.push({ write, process, resolve, reject });
      this.#arm();
      this.#options.onPending();
    });
  }

  /** What is read takes its time too; a hanging disk reads nothing. Rejects when the sums are wrong. */
  read<Value>(process: SimulatedProcess, read: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { loop, flushMinMs } = this.#options;
      const look = (): void => {
        if (this.#hangs > 0) { loop.after(50, look); return; }
        process.run(() => {
          if (this.platter.damage === null) resolve(read());
          else reject(new Error(this.platter.damage));
        });
      };
      loop.after(flushMinMs, look);
    });
  }

  /** The process has died. Some of what waited survives, from the first on. */
  crash(): void {
    const { random, tornPerMille, happened } = this.#options;
    // Behind a flush that has failed nothing is written any more.
    const pending = this.#broken ? [] : this.#pending;
    this.#pending = [];
    if (this.#flushing !== null) this.#flushing.callback = null;
    this.#flushing = null;
    this.#broken = false;
    this.#failsNext = false;
    const tears = this.#tears;
    this.#tears = false;
    if (pending.length === 0) return;
    const survive = tears ? random.below(pending.length) : random.below(pending.length + 1);
    for (const { write } of pending.slice(0, survive)) this.#apply(write);
    const lost = pending[survive];
    if (lost === undefined) return;
    happened('lostWrite');
    if (lost.write.kind === 'log' && (tears || random.chance(tornPerMille))) happened('tornWrite');
  }

  /** Returns what ends it. */
  slow(flushMs: number): () => void {
    this.#slowMs.push(flushMs);
    return once(() => { this.#slowMs.splice(this.#slowMs.indexOf(flushMs), 1); });
  }

  /** Nothing completes until it ends. Returns what ends it. */
  hang(): () => void {
    this.#hangs += 1;
    return once(() => { this.#hangs -= 1; this.#arm(); });
  }

  /** Every write is refused until it ends. Returns what ends it. */
  fill(): () => void {
    this.#full += 1;
    return once(() => { this.#full -= 1; });
  }

  /** The next flush fails. What was in it may or may not be on the platter. Returns what calls it off. */
  failNext(): () => void {
    this.#failsNext = true;
    return () => { this.#failsNext = false; };
  }

  /** Flips a bit of the last write that is not flushed: false when there is none. */
  tearPending(): boolean {
    if (this.#pending.length === 0) return false;
    this.#tears = true;
    return true;
  }

  damage(kind: Damage): boolean {
    this.platter.damage = `the store is damaged: ${damageTexts[kind]}`;
    return true;
  }

  #arm(): void {
    const [first] = this.#pending;
    if (first === undefined || this.#flushing !== null || this.#hangs > 0) return;
    const { loop, random, flushMinMs, flushMeanMs } = this.#options;
    const slowMs = this.#slowMs.length === 0 ? 0 : Math.max(...this.#slowMs);
    const delayMs = flushMinMs + random.exponential(Math.max(0, flushMeanMs - flushMinMs)) + (slowMs > 0 ? random.exponential(slowMs) : 0);
    this.#flushing = loop.after(delayMs, () => {
      this.#flushing = null;
      if (this.#hangs > 0) return;
      this.#complete();
      this.#arm();
    });
  }

  #complete(): void {
    const first = this.#pending.shift();
    if (first === undefined) return;
    const { write, process, resolve, reject } = first;
    const error = this.#failure(write);
    if (error === null) this.#apply(write);
    process.run(() => { if (error === null) resolve(); else reject(error); });
  }

  #failure(write: DiskWrite): Error | null {
    const { random, happened } = this.#options;
    if (this.#broken) return new Error('the disk has failed before');
    if (this.#full > 0 && write.kind !== 'compact') {
      this.#broken = true;
      happened('diskFull');
      return new Error('no space left on the disk');
    }
    if (!this.#failsNext) return null;
    this.#failsNext = false;
    this.#broken = true;
    happened('flushFailure');
    // Nobody knows what a failed flush has left behind.
    if (random.chance(500)) this.#apply(write);
    return new Error('the flush failed');
  }

  #apply(write: DiskWrite): void {
    switch (write.kind) {
      case 'log': this.platter.write(write.write); break;
      case 'snapshot': this.platter.keepSnapshot(write.snapshot, write.data); break;
      case 'install': this.platter.install(write.snapshot, write.data); break;
      case 'compact': this.platter.compact(write.throughIndex); break;
      case 'piece': break;
      default: write satisfies never;
    }
    this.#options.onDurable(write);
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
