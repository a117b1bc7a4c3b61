import type { JsonValue, Worker } from '@raft-mesh/mesh-node';
import { SimulatedRandom } from '@raft-mesh/simulator';
import type { HistoryWriter } from '../history/history-file.ts';
import { DocumentOperations } from './document-operations.ts';
import { probeKey, probeKeys } from './availability-probe.ts';
import { generation } from './generation.ts';

const registers = 4;
const lists = 2;
const locks = 2;
/** A list that has so many items is followed by another. */
const listItemsMax = 48;
const thinkMaxMs = 50;

/** `reader`: one that never waits for a write, and so goes on reading where nothing can be written. */
export type ClientHabit = 'writer' | 'reader';

/**
 * One client: one operation at a time, drawn from its own stream. It writes and reads registers, appends to lists by compare-and-set, and
 * takes locks by compare-and-set, writes what they guard, and gives them back.
 */
export class ChaosClient {
  readonly #name: string;
  readonly #habit: ClientHabit;
  readonly #random: SimulatedRandom;
  readonly #operations: DocumentOperations;
  readonly #versions = new Map<string, number>();
  readonly #fullLists = new Map<string, number>();
  #generation = -1;
  #serial = 0;
  #stopped = false;

  constructor(worker: Worker, name: string, habit: ClientHabit, seed: number, history: HistoryWriter) {
    this.#name = name;
    this.#habit = habit;
    this.#random = new SimulatedRandom(seed, `chaos ${name}`);
    this.#operations = new DocumentOperations(worker, name, history);
  }

  /** Resolves when it was told to stop and its last operation has ended. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      await this.#operate();
      await new Promise((resolve) => { setTimeout(resolve, this.#random.below(thinkMaxMs)); });
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #operate(): Promise<void> {
    this.#turnOver();
    if (this.#habit === 'reader') return this.#readOnly();
    const drawn = this.#random.below(100);
    if (drawn < 25) return this.#read();
    if (drawn < 45) return this.#write();
    if (drawn < 65) return this.#compareAndSet();
    return drawn < 85 ? this.#append() : this.#lock();
  }

  /** Nobody comes back to the keys of earlier generations. */
  #turnOver(): void {
    const now = generation();
    if (now === this.#generation) return;
    this.#generation = now;
    this.#versions.clear();
    this.#fullLists.clear();
  }

  #register(): string {
    return `g${this.#generation}/register-${this.#random.below(registers)}`;
  }

  /** What the probe writes changes all the time: nothing shows so soon that a read is old. */
  async #readOnly(): Promise<void> {
    await this.#operations.get(this.#random.chance(700) ? probeKey(this.#random.below(probeKeys)) : this.#register());
  }

  async #read(): Promise<void> {
    const key = this.#register();
    const found = await this.#operations.get(key);
    if (found !== null) this.#versions.set(key, found.version);
  }

  async #write(): Promise<void> {
    await this.#operations.put(this.#register(), this.#value());
  }

  async #compareAndSet(): Promise<void> {
    const key = this.#register();
    const end = await this.#operations.compareAndSet(key, this.#versions.get(key) ?? 0, this.#value());
    if (end === 'conflict') return this.#read();
    if (end !== null) this.#versions.set(key, end.version);
  }

  async #append(): Promise<void> {
    const name = `g${this.#generation}/list-${this.#random.below(lists)}`;
    for (;;) {
      const part = this.#fullLists.get(name) ?? 0;
      const found = await this.#operations.get(`${name}/${part}`);
      if (found === null || this.#stopped) return;
      const items = Array.isArray(found.value) ? (found.value as readonly JsonValue[]) : [];
      if (items.length >= listItemsMax) {
        this.#fullLists.set(name, part + 1);
        continue;
      }
      if (await this.#operations.compareAndSet(`${name}/${part}`, found.version, [...items, this.#value()]) !== 'conflict') return;
    }
  }

  async #lock(): Promise<void> {
    const lock = `g${this.#generation}/lock-${this.#random.below(locks)}`;
    const found = await this.#operations.get(lock);
    if (found === null || (found.value !== null && found.value !== 'free')) return;
    const taken = await this.#operations.compareAndSet(lock, found.version, `held by ${this.#name}`);
    if (taken === null || taken === 'conflict') return;
    await this.#operations.put(`${lock}/guarded`, this.#value());
    await this.#operations.get(`${lock}/guarded`);
    await this.#operations.compareAndSet(lock, taken.version, 'free');
  }

  /** No two writes write the same. */
  #value(): string {
    this.#serial += 1;
    return `${this.#name}#${this.#serial}`;
  }
}
