import { posix } from 'node:path';
import type { SimulatedRandom } from '../simulated-random.ts';
import type { Damage } from '../disk.ts';
import { SimulatedDirectory } from './simulated-directory.ts';
import type { FileLoss } from './simulated-file.ts';
import { sectorBytes, SimulatedFile } from './simulated-file.ts';

/** All directories and files on one disk, by absolute path. Directories are durable at once. */
export class FileTree {
  readonly #directories = new Map<string, SimulatedDirectory>();

  /** `null` when there is none. */
  file(path: string): SimulatedFile | null {
    return this.#directories.get(posix.dirname(path))?.names.get(posix.basename(path)) ?? null;
  }

  /** Makes the directory when it is not there. */
  directory(path: string): SimulatedDirectory {
    let directory = this.#directories.get(path);
    if (directory === undefined) this.#directories.set(path, directory = new SimulatedDirectory());
    return directory;
  }

  /** Names of files and directories. */
  list(path: string): readonly string[] {
    const below = [...this.#directories.keys()].filter((other) => other !== path && posix.dirname(other) === path).map((other) => posix.basename(other));
    return [...(this.#directories.get(path)?.names.keys() ?? []), ...below].sort();
  }

  create(path: string): SimulatedFile {
    const old = this.file(path);
    old?.truncate(0);
    if (old !== null) return old;
    const file = new SimulatedFile();
    this.directory(posix.dirname(path)).add(posix.basename(path), file);
    return file;
  }

  rename(from: string, to: string): void {
    if (posix.dirname(from) !== posix.dirname(to)) throw new Error(`${from} was renamed into another directory: ${to}`);
    this.directory(posix.dirname(from)).rename(posix.basename(from), posix.basename(to));
  }

  remove(path: string): void {
    for (const other of this.#directories.keys()) if (other === path || other.startsWith(`${path}/`)) this.#directories.delete(other);
    this.#directories.get(posix.dirname(path))?.remove(posix.basename(path));
  }

  get hasUnflushed(): boolean {
    return this.#files().some((file) => file.hasUnflushed);
  }

  /** The process has died. `mustTear`: not all of what was written survives. */
  crash(random: SimulatedRandom, tornPerMille: number, mustTear: boolean): FileLoss {
    let [lost, torn] = [false, mustTear];
    const files = this.#files();
    for (const directory of this.#directories.values()) if (directory.crash(random)) lost = true;
    for (const file of files) {
      const loss = file.crash(random, tornPerMille, mustTear && file.hasUnflushed);
      lost ||= loss.lost;
      torn ||= loss.torn;
    }
    return { lost, torn };
  }

  /** Damages what was flushed, where whoever reads it must notice: false when there is nothing yet. */
  damage(kind: Damage, random: SimulatedRandom): boolean {
    const readable = [...this.#directories.values()].flatMap((directory) => directory.readable);
    if (readable.length === 0) return false;
    const { file, settledBytes } = random.pick(readable);
    const at = random.below(settledBytes);
    if (kind === 'misdirectedWrite') {
      const other = random.pick(readable);
      const from = Math.floor(random.below(other.settledBytes) / sectorBytes) * sectorBytes;
      const astray = other.file.platterCopy(from, Math.min(from + sectorBytes, other.settledBytes)).subarray(0, settledBytes - at);
      const isOther = !astray.equals(file.platterCopy(at, at + astray.length));
      file.overwritePlatter(astray, at);
      if (isOther) return true;
    }
    file.flipBit(at, random.below(8));
    return true;
  }

  /** Whoever opens a file next finds what is on the platter. */
  dropCaches(): void {
    for (const file of this.#files()) file.dropCache();
  }

  #files(): readonly SimulatedFile[] {
    return [...new Set([...this.#directories.values()].flatMap((directory) => [...directory.files]))];
  }
}
