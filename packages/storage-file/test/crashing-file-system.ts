import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '@raft-mesh/storage-file';

interface Inode {
  durable: Buffer;
  current: Buffer;
}

/** What a power cut leaves of what was not flushed: nothing, all of it, or the first half of each file's growth (names too). */
export type CrashImage = 'durable' | 'everything' | 'half';

/**
 * A file system in memory that knows what a power cut would leave: file data is durable when the file was flushed, names when their directory was.
 * It fails for good at the operation with the given number.
 */
export class CrashingFileSystem implements FileSystem {
  readonly #durableNames = new Map<string, Inode>();
  readonly #names = new Map<string, Inode>();
  readonly #failAt: number;
  operations = 0;

  constructor(failAt: number = Number.MAX_SAFE_INTEGER) {
    this.#failAt = failAt;
  }

  /** The disk as the next start finds it. */
  crashed(image: CrashImage): CrashingFileSystem {
    const next = new CrashingFileSystem();
    for (const [path, { durable, current }] of image === 'durable' ? this.#durableNames : this.#names) {
      const half = Buffer.concat([durable, current.subarray(durable.length, Math.ceil((durable.length + current.length) / 2))]);
      const data = { durable, everything: current, half }[image];
      const inode = { durable: data, current: data };
      next.#names.set(path, inode);
      next.#durableNames.set(path, inode);
    }
    return next;
  }

  /** The same disk, which fails after this many more operations. */
  failingAt(failAt: number): CrashingFileSystem {
    const next = new CrashingFileSystem(failAt);
    for (const [path, inode] of this.#names) next.#names.set(path, inode);
    for (const [path, inode] of this.#durableNames) next.#durableNames.set(path, inode);
    return next;
  }

  #step(): void {
    this.operations += 1;
    if (this.operations > this.#failAt) throw new Error('the power is cut');
  }

  open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile> {
    return this.#do(() => {
      let inode = this.#names.get(path);
      if (mode === 'create') {
        inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0) };
        this.#names.set(path, inode);
      }
      if (inode === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
      return this.#fileOf(inode);
    });
  }

  list(directory: string): Promise<readonly string[]> {
    const prefix = `${directory}/`;
    const names = [...this.#names.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].toSorted());
  }

  makeDirectory(): Promise<void> {
    return Promise.resolve();
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do(() => {
      const inode = this.#names.get(from);
      if (inode === undefined) throw new Error(`no file ${from}`);
      this.#names.delete(from);
      this.#names.set(to, inode);
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(() => {
      for (const name of this.#names.keys()) if (name === path || name.startsWith(`${path}/`)) this.#names.delete(name);
    });
  }

  flushDirectory(path: string): Promise<void> {
    return this.#do(() => {
      for (const name of this.#durableNames.keys()) if (dirname(name) === path) this.#durableNames.delete(name);
      for (const [name, inode] of this.#names) if (dirname(name) === path) this.#durableNames.set(name, inode);
    });
  }

  #do<Result>(action: () => Result): Promise<Result> {
    return new Promise((resolve) => {
      this.#step();
      resolve(action());
    });
  }

  #fileOf(inode: Inode): OpenFile {
    return {
      write: (data, position) => this.#do(() => {
        inode.current = Buffer.concat([inode.current.subarray(0, position), data, inode.current.subarray(position + data.length)]);
      }),
      read: (length, position) => Promise.resolve(Buffer.from(inode.current.subarray(position, position + length))),
      flush: () => this.#do(() => { inode.durable = inode.current; }),
      truncate: (size) => this.#do(() => { inode.durable = inode.current = inode.current.subarray(0, size); }),
      sizeBytes: () => Promise.resolve(inode.current.length),
      close: () => Promise.resolve(),
    };
  }
}
