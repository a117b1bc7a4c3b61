import type { SimulatedRandom } from '../simulated-random.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** A disk writes so much at once, whole or not at all: less than real ones do (512), so that batches as small as those of a run tear. */
export const sectorBytes = 128;

/** What a crash has made of a file. */
export interface FileLoss {
  /** Some of what was written is not there. */
  readonly lost: boolean;
  /** Some of it is there, and some is not. */
  readonly torn: boolean;
}

/** A flush that was asked for: to be ended by one of these. */
export interface FileFlush {
  complete(): void;
  /** Some of it is on the platter, and the cache takes all of it for flushed from now on: no later flush makes it good (as Linux does it). */
  fail(random: SimulatedRandom): void;
}

/** One file: what a program reads (the page cache), and what is there after a crash (the platter). */
export class SimulatedFile {
  readonly #cache = new GrowingBytes();
  readonly #platter = new GrowingBytes();
  /** Sectors that were written since a flush was last asked for. */
  #dirty = new Set<number>();
  /** Sectors of flushes that go on. */
  #flushing: ReadonlySet<number>[] = [];
  /** It was cut to this, which is not flushed. */
  #cutTo: number | null = null;
  #settledBytes = 0;

  get sizeBytes(): number {
    return this.#cache.size;
  }

  /** Its first bytes, which were flushed before the last flush of it began: what comes after may be torn in good faith. */
  get settledBytes(): number {
    return Math.min(this.#settledBytes, this.#platter.size);
  }

  get flushedBytes(): number {
    return this.#platter.size;
  }

  get hasUnflushed(): boolean {
    return this.#dirty.size > 0 || this.#flushing.length > 0;
  }

  read(from: number, to: number): Buffer {
    return this.#cache.copy(from, to);
  }

  write(data: Uint8Array, at: number): void {
    const from = Math.min(at, this.#cache.size);
    this.#cache.write(data, at);
    for (let sector = Math.floor(from / sectorBytes); sector * sectorBytes < at + data.length; sector += 1) this.#dirty.add(sector);
  }

  truncate(sizeBytes: number): void {
    this.#cache.resize(sizeBytes);
    this.#cutTo = Math.min(sizeBytes, this.#cutTo ?? sizeBytes);
    for (const sector of this.#dirty) if (sector * sectorBytes >= sizeBytes) this.#dirty.delete(sector);
  }

  beginFlush(): FileFlush {
    const sectors = this.#dirty;
    const sizeBytes = this.#cache.size;
    const cutTo = this.#cutTo;
    this.#dirty = new Set();
    this.#cutTo = null;
    this.#flushing.push(sectors);
    const end = (): void => {
      this.#flushing = this.#flushing.filter((other) => other !== sectors);
      if (cutTo !== null) this.#cut(cutTo);
    };
    return {
      complete: () => {
        end();
        if (sectors.size > 0) this.#settledBytes = this.#platter.size;
        for (const sector of sectors) this.#reach(sector, sizeBytes);
      },
      fail: (random) => {
        end();
        for (const sector of sectors) if (random.chance(500)) this.#reach(sector, sizeBytes);
      },
    };
  }

  /** Everything that was written is on the platter now. */
  flushAtOnce(): void {
    this.beginFlush().complete();
  }

  /** The process has died. `mustTear`: not all of what was written survives. */
  crash(random: SimulatedRandom, tornPerMille: number, mustTear: boolean): FileLoss {
    const sectors = [...new Set([...this.#flushing.flatMap((flushing) => [...flushing]), ...this.#dirty])].sort((a, b) => a - b);
    const sizeBytes = this.#cache.size;
    const flushedBytes = this.#platter.size;
    if (this.#cutTo !== null && random.chance(500)) this.#cut(this.#cutTo);
    const tears = sectors.length > 0 && (mustTear || random.chance(tornPerMille));
    const survivesWhole = random.chance(500);
    let survivors = sectors.filter(() => (tears ? random.chance(500) : survivesWhole));
    if (mustTear && survivors.length === sectors.length) survivors = survivors.slice(0, -1);
    for (const sector of survivors) this.#reach(sector, sizeBytes);
    // The new size may be there without the bytes: they are zero then.
    if (tears && sizeBytes > this.#platter.size && random.chance(500)) this.#platter.resize(sizeBytes);
    if (mustTear && this.#platter.size > flushedBytes && random.chance(500)) this.#platter.flipBit(random.between(flushedBytes, this.#platter.size - 1), random.below(8));
    this.#dirty = new Set();
    this.#flushing = [];
    this.#cutTo = null;
    this.dropCache();
    return { lost: survivors.length < sectors.length, torn: survivors.length < sectors.length && survivors.length > 0 };
  }

  /** What is not flushed is gone: for when nobody has it open. */
  dropCache(): void {
    this.#cache.resize(0);
    this.#cache.write(this.#platter.view(0, this.#platter.size), 0);
  }

  /** Only the platter changes: whoever runs has the cache. */
  flipBit(at: number, bit: number): void {
    this.#platter.flipBit(at, bit);
  }

  platterCopy(from: number, to: number): Buffer {
    return this.#platter.copy(from, to);
  }

  overwritePlatter(data: Uint8Array, at: number): void {
    this.#platter.write(data, at);
  }

  #cut(sizeBytes: number): void {
    if (sizeBytes < this.#platter.size) this.#platter.resize(sizeBytes);
    this.#settledBytes = Math.min(this.#settledBytes, sizeBytes);
  }

  #reach(sector: number, sizeBytes: number): void {
    const from = sector * sectorBytes;
    if (from < sizeBytes) this.#platter.write(this.#cache.view(from, Math.min(from + sectorBytes, sizeBytes)), from);
  }
}
