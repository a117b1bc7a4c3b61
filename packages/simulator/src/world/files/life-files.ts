import type { SimulatedProcess } from '../simulated-process.ts';
import type { Flush } from './flush-queue.ts';
import type { FileTree } from './file-tree.ts';
import type { SimulatedFile } from './simulated-file.ts';
import type { StoreFile, StoreFileSystem } from './store-files.ts';

/** What one life of a process needs to reach its disk. */
export interface DiskAccess {
  readonly tree: FileTree;
  readonly flush: (process: SimulatedProcess, flush: Flush) => Promise<void>;
  readonly fetch: <Value>(process: SimulatedProcess, look: () => Value) => Promise<Value>;
  /** The disk has no room for a write; it counts as failed from now on. */
  readonly refusesWrite: () => boolean;
}

const never = new Promise<never>(() => {});

/**
 * The file system that one life sees. What reaches the cache alone takes no time; what reaches or comes from the disk does. When the
 * process is dead, nothing happens any more, and nothing settles.
 */
export function filesOfLife(process: SimulatedProcess, { tree, flush, fetch, refusesWrite }: DiskAccess): StoreFileSystem {
  const alive = async <Value>(action: () => Value | Promise<Value>): Promise<Value> => (process.alive ? action() : never);

  const opened = (file: SimulatedFile): StoreFile => ({
    write: (data, positionBytes) => alive(() => {
      const refused = refusesWrite();
      // A full disk takes some of it.
      file.write(refused ? data.subarray(0, data.length >> 1) : data, positionBytes);
      if (refused) throw Object.assign(new Error('no space left on the disk'), { code: 'ENOSPC' });
    }),
    read: (lengthBytes, positionBytes) => alive(() => file.read(positionBytes, positionBytes + lengthBytes)),
    flush: () => alive(() => flush(process, file.beginFlush())),
    truncate: (sizeBytes) => alive(() => {
      file.truncate(sizeBytes);
      return flush(process, file.beginFlush());
    }),
    sizeBytes: () => alive(() => file.sizeBytes),
    close: () => alive(() => {}),
  });

  return {
    open: (path, mode) => alive(() => (mode === 'create' ? opened(tree.create(path)) : fetch(process, () => {
      const file = tree.file(path);
      if (file === null) throw Object.assign(new Error(`there is no file ${path}`), { code: 'ENOENT' });
      return opened(file);
    }))),
    list: (directory) => alive(() => fetch(process, () => tree.list(directory))),
    makeDirectory: (path) => alive(() => { tree.directory(path); }),
    rename: (from, to) => alive(() => tree.rename(from, to)),
    remove: (path) => alive(() => tree.remove(path)),
    flushDirectory: (path) => alive(() => {
      const reach = tree.directory(path).beginFlush();
      // After a failed one the names stay as they were, or not: the next flush makes them good.
      return flush(process, { complete: reach, fail: (random) => { if (random.chance(500)) reach(); } });
    }),
  };
}

/** Where everything is durable at once, and nothing ever fails: for what is there before the run begins. */
export function filesAtOnce(tree: FileTree): StoreFileSystem {
  const done = async <Value>(action: () => Value): Promise<Value> => action();
  return {
    open: (path, mode) => done(() => {
      const file = mode === 'create' ? tree.create(path) : tree.file(path);
      if (file === null) throw Object.assign(new Error(`there is no file ${path}`), { code: 'ENOENT' });
      return {
        write: (data, positionBytes) => done(() => file.write(data, positionBytes)),
        read: (lengthBytes, positionBytes) => done(() => file.read(positionBytes, positionBytes + lengthBytes)),
        flush: () => done(() => file.flushAtOnce()),
        truncate: (sizeBytes) => done(() => { file.truncate(sizeBytes); file.flushAtOnce(); }),
        sizeBytes: () => done(() => file.sizeBytes),
        close: () => done(() => {}),
      };
    }),
    list: (directory) => done(() => tree.list(directory)),
    makeDirectory: (path) => done(() => { tree.directory(path); }),
    rename: (from, to) => done(() => tree.rename(from, to)),
    remove: (path) => done(() => tree.remove(path)),
    flushDirectory: (path) => done(() => tree.directory(path).beginFlush()()),
  };
}
