import type { FileSystem, OpenFile } from '@raft-mesh/storage-file';

/** Files in memory: a disk that never fails. */
export class MemoryFiles implements FileSystem {
  readonly contents = new Map<string, Uint8Array>();
  readonly #directories = new Set<string>();

  /** A disk with the same files, sharing none. */
  copy(): MemoryFiles {
    const other = new MemoryFiles();
    for (const [path, data] of this.contents) other.contents.set(path, new Uint8Array(data));
    return other;
  }

  async open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile> {
    if (mode === 'create') this.contents.set(path, new Uint8Array());
    const { contents } = this;
    let data = contents.get(path);
    if (data === undefined) throw Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });
    const put = (next: Uint8Array): void => { data = next; contents.set(path, next); };
    return {
      async write(written, at) {
        const before = data ?? new Uint8Array();
        const next = new Uint8Array(Math.max(before.length, at + written.length));
        next.set(before);
        next.set(written, at);
        put(next);
      },
      async read(length, at) { return Buffer.from((data ?? new Uint8Array()).slice(at, at + length)); },
      async flush() {},
      async truncate(size) { const next = new Uint8Array(size); next.set((data ?? new Uint8Array()).subarray(0, size)); put(next); },
      async sizeBytes() { return data?.length ?? 0; },
      async close() {},
    };
  }

  async list(directory: string): Promise<readonly string[]> {
    const names = [...this.contents.keys(), ...this.#directories].filter((path) => path.startsWith(`${directory}/`)).map((path) => path.slice(directory.length + 1).split('/')[0] ?? '');
    return [...new Set(names)].toSorted();
  }

  async makeDirectory(path: string): Promise<void> { this.#directories.add(path); }

  async rename(from: string, to: string): Promise<void> {
    const data = this.contents.get(from);
    if (data === undefined) throw Object.assign(new Error(`there is no ${from}`), { code: 'ENOENT' });
    this.contents.delete(from);
    this.contents.set(to, data);
  }

  async remove(path: string): Promise<void> {
    for (const other of this.contents.keys()) if (other === path || other.startsWith(`${path}/`)) this.contents.delete(other);
  }

  async flushDirectory(): Promise<void> {}
}
