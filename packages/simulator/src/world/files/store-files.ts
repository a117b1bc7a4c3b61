import type { ManagerStore } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { SnapshotMeta } from '@raft-mesh/raft';

/** An open file, as a store wants it. Positions and sizes in bytes. */
export interface StoreFile {
  write(data: Uint8Array, positionBytes: number): Promise<void>;
  read(lengthBytes: number, positionBytes: number): Promise<Buffer>;
  flush(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/** The little of a file system that a store uses. */
export interface StoreFileSystem {
  open(path: string, mode: 'read' | 'update' | 'create'): Promise<StoreFile>;
  list(directory: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  flushDirectory(path: string): Promise<void>;
}

interface StoreOptions {
  readonly directory: string;
  readonly fileSystem: StoreFileSystem;
  /** A simulated process has its disk to itself. */
  readonly lock: () => Promise<{ release(): Promise<void> }>;
}

/**
 * A store that works on files, put in by whoever assembles a run: what is simulated here is below it. Its two functions may touch
 * nothing but the file system they are given, or a run would not repeat.
 */
export interface StoreOnFiles {
  /** Once in the life of a directory. */
  createManagerDirectory(options: StoreOptions & {
    readonly identity: ManagerIdentity;
    readonly snapshot: Omit<SnapshotMeta, 'sizeBytes'> & { readonly data: Iterable<Uint8Array> };
  }): Promise<void>;
  openManagerStore(options: StoreOptions & { readonly expectedIdentity: ManagerIdentity; readonly segmentBytesMax: number }): Promise<ManagerStore>;
}
