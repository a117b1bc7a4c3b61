import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '@raft-mesh/storage-file';

interface PendingWrite { readonly position: number; readonly data: Buffer }
interface Inode { durable: Buffer; pending: readonly PendingWrite[] }
type NameStep = { readonly kind: 'set'; readonly path: string; readonly inode: Inode } | { readonly kind: 'remove'; readonly path: string };
interface DirectoryStep { readonly directory: string; readonly steps: readonly NameStep[] }

/** The disk at one moment: what is durable, and what was done since and may be lost. */
export interface Moment {
  readonly names: ReadonlyMap<string, Inode>;
  /** Changes of names whose directory was not flushed since, oldest first; each happens whole or not at all. */
  readonly nameSteps: readonly DirectoryStep[];
  readonly files: ReadonlyMap<Inode, { readonly durable: Buffer; readonly pending: readonly PendingWrite[] }>;
}

/** A file system in memory that keeps what it was before each of its operations. */
export class RecordedDisk implements FileSystem {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameSteps: DirectoryStep[] = [];
  readonly #inodes = new Set<Inode>();
  readonly #onOperation: (before: Moment) => void;

  constructor(onOperation: (before: Moment) => void, content: ReadonlyMap<string, Buffer> = new Map()) {
    this.#onOperation = onOperation;
    for (const [path, data] of content) {
      const inode: Inode = { durable: data, pending: [] };
      this.#inodes.add(inode);
      this.#names.set(path, inode);
      this.#durableNames.set(path, inode);
    }
  }

  get moment(): Moment {
    return { names: new Map(this.#durableNames), nameSteps: [...this.#nameSteps], files: new Map([...this.#inodes].map((inode) => [inode, { durable: inode.durable, pending: inode.pending }])) };
  }

  /** Everything, flushed or not: what a process that is killed leaves. */
  get content(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#names].map(([path, inode]) => [path, current(inode)]));
  }

  open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile> {
    return this.#do(mode === 'create', () => {
      let inode = this.#names.get(path);
      if (mode === 'create') {
        inode = { durable: Buffer.alloc(0), pending: [] };
        this.#inodes.add(inode);
        this.#change(path, [{ kind: 'set', path, inode }]);
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
    return this.#do(true, () => {
      const inode = this.#names.get(from);
      if (inode === undefined) throw new Error(`no file ${from}`);
      this.#change(to, [{ kind: 'set', path: to, inode }, { kind: 'remove', path: from }]);
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(true, () => {
      for (const name of this.#names.keys()) if (name === path || name.startsWith(`${path}/`)) this.#change(name, [{ kind: 'remove', path: name }]);
    });
  }

  flushDirectory(path: string): Promise<void> {
    return this.#do(true, () => {
      for (const { directory, steps } of this.#nameSteps) if (directory === path) applySteps(this.#durableNames, steps);
      this.#nameSteps = this.#nameSteps.filter(({ directory }) => directory !== path);
    });
  }

  #change(path: string, steps: readonly NameStep[]): void {
    applySteps(this.#names, steps);
    this.#nameSteps.push({ directory: dirname(path), steps });
  }

  #do<Result>(counts: boolean, action: () => Result): Promise<Result> {
    return new Promise((resolve) => {
      if (counts) this.#onOperation(this.moment);
      resolve(action());
    });
  }

  #fileOf(inode: Inode): OpenFile {
    return {
      write: (data, position) => this.#do(true, () => { inode.pending = [...inode.pending, { position, data: Buffer.from(data) }]; }),
      read: (length, position) => Promise.resolve(Buffer.from(current(inode).subarray(position, position + length))),
      flush: () => this.#do(true, () => { inode.durable = current(inode); inode.pending = []; }),
      truncate: (size) => this.#do(true, () => { inode.durable = current(inode).subarray(0, size); inode.pending = []; }),
      sizeBytes: () => Promise.resolve(current(inode).length),
      close: () => Promise.resolve(),
    };
  }
}

function applySteps(names: Map<string, Inode>, steps: readonly NameStep[]): void {
  for (const step of steps) {
    if (step.kind === 'set') names.set(step.path, step.inode);
    else names.delete(step.path);
  }
}

function current(inode: Inode): Buffer {
  return inode.pending.reduce(written, inode.durable);
}

function written(before: Buffer, { position, data }: PendingWrite): Buffer {
  const size = Math.max(before.length, position + data.length);
  const after = Buffer.alloc(size);
  before.copy(after);
  data.copy(after, position);
  return after;
}

/** How many ways there are to lose changes of names, and bytes of each file, at this moment. */
export function waysOf(moment: Moment): { readonly total: number; readonly state: (number: number) => ReadonlyMap<string, Buffer> } {
  const nameWays = 2 ** moment.nameSteps.length;
  const touched = [...moment.files].filter(([, { pending }]) => pending.length > 0);
  const dataWays = touched.map(([, { pending }]) => 2 * pending.reduce((ways, { data }) => ways + data.length, 1));
  const total = dataWays.reduce((product, ways) => product * ways, nameWays);
  return {
    total,
    state: (number) => {
      let left = number;
      const take = (ways: number): number => { const way = left % ways; left = Math.floor(left / ways); return way; };
      const chosen = take(nameWays);
      const names = new Map(moment.names);
      moment.nameSteps.forEach(({ steps }, position) => { if ((chosen >> position) % 2 === 1) applySteps(names, steps); });
      const contents = new Map<Inode, Buffer>(touched.map(([inode, { durable, pending }], position) => [inode, dataAfter(durable, pending, take(dataWays[position] ?? 1))]));
      return new Map([...names].map(([path, inode]) => [path, contents.get(inode) ?? moment.files.get(inode)?.durable ?? Buffer.alloc(0)]));
    },
  };
}

/** All bytes up to a place came through, and the rest is lost; of the size, as much as of the bytes (even ways), or all (odd ways: zeros stand for what is lost). */
function dataAfter(durable: Buffer, pending: readonly PendingWrite[], way: number): Buffer {
  let left = Math.floor(way / 2);
  let content = durable;
  if (way % 2 === 1) content = pending.map(({ position, data }) => ({ position: position + data.length, data: Buffer.alloc(0) })).reduce(written, content);
  for (const { position, data } of pending) {
    const kept = Math.min(left, data.length);
    if (kept > 0) content = written(content, { position, data: data.subarray(0, kept) });
    left -= kept;
  }
  return content;
}
