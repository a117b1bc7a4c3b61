import { basename, dirname, join } from 'node:path';
import { errorCode, type FileSystem, type OpenFile } from '@raft-mesh/mesh-node';
import { LossyFile, type DiskConditions } from './lossy-file.ts';

/** A change of names that is not flushed. */
type NameChange =
  | { readonly kind: 'add'; readonly path: string; readonly file: LossyFile }
  | { readonly kind: 'remove'; readonly path: string; readonly file: LossyFile }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string; readonly file: LossyFile };

/** Where the bytes of a new file lie until its name is flushed. A life that begins finds and removes what an earlier one left. */
const unnamedPrefix = '.unflushed-';

/**
 * A file system on which SIGKILL is a power cut: what a process wrote is in its own memory until it flushes the file, and so are new names,
 * renames and removals until it flushes their directory. What is flushed lies in ordinary files. Directories themselves are durable at once.
 * One life of one process uses it.
 */
export class LossyFileSystem implements FileSystem {
  readonly #files: FileSystem;
  readonly #conditions: DiskConditions;
  /** Files with names that are flushed, as far as they are in use. */
  readonly #known = new Map<string, LossyFile>();
  /** What a name means now, where that is not flushed; `null`: nothing. */
  readonly #names = new Map<string, LossyFile | null>();
  #changes: NameChange[] = [];
  readonly #tidied = new Set<string>();
  #unnamed = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(files: FileSystem, conditions: DiskConditions) {
    this.#files = files;
    this.#conditions = conditions;
  }

  open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile> {
    return this.#inTurn(async () => {
      if (mode === 'create') this.#conditions.beforeWrite();
      const found = await this.#find(path);
      if (mode === 'create') {
        if (found === null) return (await this.#create(path)).open();
        found.cut();
      }
      if (found === null) throw Object.assign(new Error(`there is no file ${path}`), { code: 'ENOENT' });
      return found.open();
    });
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      await this.#tidy(directory);
      const names = new Set((await this.#files.list(directory)).filter((name) => !name.startsWith(unnamedPrefix)));
      for (const [path, file] of this.#names) {
        if (dirname(path) !== directory) continue;
        if (file === null) names.delete(basename(path));
        else names.add(basename(path));
      }
      return [...names].sort();
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#inTurn(() => this.#files.makeDirectory(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#inTurn(async () => {
      if (dirname(from) !== dirname(to)) throw new Error(`${from} would move into another directory: ${to}`);
      const file = await this.#find(from);
      if (file === null) throw Object.assign(new Error(`there is no file ${from}`), { code: 'ENOENT' });
      this.#names.set(from, null);
      this.#names.set(to, file);
      this.#changes.push({ kind: 'rename', path: from, to, file });
    });
  }

  remove(path: string): Promise<void> {
    return this.#inTurn(async () => {
      let file: LossyFile | null;
      try {
        file = await this.#find(path);
      } catch (error) {
        if (errorCode(error) !== 'EISDIR') throw error;
        this.#forgetBelow(path);
        await this.#files.remove(path);
        return;
      }
      if (file === null) return;
      this.#names.set(path, null);
      this.#changes.push({ kind: 'remove', path, file });
    });
  }

  flushDirectory(path: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#conditions.beforeFlush();
      const changes = this.#changes.filter((change) => dirname(change.path) === path);
      this.#changes = this.#changes.filter((change) => dirname(change.path) !== path);
      for (const change of changes) await this.#make(change);
      for (const name of this.#names.keys()) if (dirname(name) === path) this.#names.delete(name);
      await this.#files.flushDirectory(path);
    });
  }

  async #make(change: NameChange): Promise<void> {
    const { path, file } = change;
    if (change.kind === 'remove') {
      await this.#files.remove(file.realPath);
      this.#known.delete(path);
      return;
    }
    const to = change.kind === 'add' ? path : change.to;
    await this.#files.rename(file.realPath, to);
    file.realPath = to;
    this.#known.delete(path);
    this.#known.set(to, file);
  }

  /** The file that has this name now; `null` when there is none. Rejects with `EISDIR` for a directory. */
  async #find(path: string): Promise<LossyFile | null> {
    const renamed = this.#names.get(path);
    if (renamed !== undefined) return renamed;
    for (const [name, file] of this.#known) if (file.isClean) this.#known.delete(name);
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    try {
      await (await this.#files.open(path, 'update')).close();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
    const file = new LossyFile(this.#files, this.#conditions, path, false);
    this.#known.set(path, file);
    return file;
  }

  async #create(path: string): Promise<LossyFile> {
    await this.#tidy(dirname(path));
    this.#unnamed += 1;
    const realPath = join(dirname(path), `${unnamedPrefix}${this.#unnamed}`);
    await (await this.#files.open(realPath, 'create')).close();
    const file = new LossyFile(this.#files, this.#conditions, realPath, false);
    this.#names.set(path, file);
    this.#changes.push({ kind: 'add', path, file });
    return file;
  }

  async #tidy(directory: string): Promise<void> {
    if (this.#tidied.has(directory)) return;
    this.#tidied.add(directory);
    for (const name of await this.#files.list(directory)) if (name.startsWith(unnamedPrefix)) await this.#files.remove(join(directory, name));
  }

  #forgetBelow(directory: string): void {
    const isBelow = (path: string): boolean => path.startsWith(`${directory}/`);
    for (const map of [this.#known, this.#names]) for (const path of map.keys()) if (isBelow(path)) map.delete(path);
    this.#changes = this.#changes.filter(({ path }) => !isBelow(path));
    for (const path of this.#tidied) if (path === directory || isBelow(path)) this.#tidied.delete(path);
  }

  /** Names change in the order of the calls. */
  #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const next = this.#turn.then(action);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}
