import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { nanoid } from 'nanoid';
import * as z from 'zod/mini';
import { errorCode, parsedJson } from '@raft-mesh/mesh-node';
import { assertStorable, collections } from './control-store.ts';
import type { Collection, ControlStore, ListedRecord, Page, RecordContent, StoredRecord } from './control-store.ts';
import { StoredDocumentError } from './stored-document.ts';

const header = z.object({ version: z.string(), value: z.json(), sizeBytes: z.nullable(z.number()) });

/**
 * The store on files: one file a record (a line of JSON, then the bytes), readable by its owner only. Written anew each time, by temporary
 * file, flush, rename and flush of the directory. One process at a time may own the directory.
 */
export async function openFileStore(directory: string): Promise<ControlStore> {
  for (const collection of collections) await mkdir(path.join(directory, collection), { recursive: true, mode: 0o700 });
  return new FileStore(directory);
}

class FileStore implements ControlStore {
  readonly #directory: string;
  /** Changes happen one after another, so that nothing comes between a comparison and its write. */
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  create(collection: Collection, id: string, content: RecordContent): Promise<boolean> {
    assertStorable(id, content);
    return this.#exclusively(async () => {
      if (await this.read(collection, id) !== null) return false;
      await this.#write(collection, id, content);
      return true;
    });
  }

  async read(collection: Collection, id: string): Promise<StoredRecord | null> {
    assertStorable(id, null);
    try {
      return decode(id, await readFile(this.#file(collection, id)));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  replace(collection: Collection, id: string, content: RecordContent, version: string): Promise<boolean> {
    assertStorable(id, content);
    return this.#exclusively(async () => {
      if ((await this.read(collection, id))?.version !== version) return false;
      await this.#write(collection, id, content);
      return true;
    });
  }

  remove(collection: Collection, id: string): Promise<void> {
    assertStorable(id, null);
    return this.#exclusively(async () => {
      await rm(this.#file(collection, id), { force: true });
      await flush(path.join(this.#directory, collection));
    });
  }

  async list(collection: Collection, page: Page): Promise<readonly ListedRecord[]> {
    const listed = await Promise.all((await this.listIds(collection, page)).map((id) => this.#listed(collection, id)));
    return listed.filter((record) => record !== null);
  }

  async listIds(collection: Collection, { limit, after }: Page): Promise<readonly string[]> {
    const ids = (await this.#ids(collection)).sort((a, b) => (a < b ? -1 : 1));
    return (after === null ? ids : ids.filter((id) => id > after)).slice(0, limit);
  }

  async count(collection: Collection): Promise<number> {
    return (await this.#ids(collection)).length;
  }

  async close(): Promise<void> {
    await this.#lastChange.catch(() => undefined);
  }

  async #ids(collection: Collection): Promise<string[]> {
    return (await readdir(path.join(this.#directory, collection))).filter((name) => name.endsWith('.record')).map(idOf);
  }

  /** `null` when it went away meanwhile. */
  async #listed(collection: Collection, id: string): Promise<ListedRecord | null> {
    try {
      const record = await this.read(collection, id);
      return record === null ? null : { id, record, damage: null };
    } catch (error) {
      if (error instanceof StoredDocumentError) return { id, record: null, damage: error.message };
      throw error;
    }
  }

  async #write(collection: Collection, id: string, content: RecordContent): Promise<void> {
    const file = this.#file(collection, id);
    const temporary = `${file}.${nanoid(8)}.temporary`;
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(encode(content));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await flush(path.dirname(file));
  }

  #exclusively<Value>(change: () => Promise<Value>): Promise<Value> {
    const result = this.#lastChange.then(change, change);
    this.#lastChange = result;
    return result;
  }

  #file(collection: Collection, id: string): string {
    return path.join(this.#directory, collection, nameOf(id));
  }
}

function encode(content: RecordContent): Uint8Array {
  const line = `${JSON.stringify({ version: nanoid(), value: content.value, sizeBytes: content.bytes?.length ?? null })}\n`;
  return Buffer.concat([Buffer.from(line, 'utf8'), content.bytes ?? new Uint8Array()]);
}

function decode(id: string, data: Uint8Array): StoredRecord {
  const lineEnd = data.indexOf(10);
  const parsed = header.safeParse(parsedJson(Buffer.from(data.subarray(0, Math.max(0, lineEnd))).toString('utf8')));
  if (!parsed.success) throw new StoredDocumentError('damaged', `The record ${id} is damaged: it does not begin with a line that describes it.`);
  const { version, value, sizeBytes } = parsed.data;
  const bytes = new Uint8Array(data.subarray(lineEnd + 1));
  if (bytes.length !== (sizeBytes ?? 0)) throw new StoredDocumentError('damaged', `The record ${id} is damaged: ${bytes.length} bytes where ${sizeBytes ?? 0} were written.`);
  return { version, value, bytes: sizeBytes === null ? null : bytes };
}

/** Capital letters are marked, because some file systems do not tell them from small ones. */
function nameOf(id: string): string {
  return `${id.replace(/[A-Z=]/g, (letter) => `=${letter.toLowerCase()}`)}.record`;
}

function idOf(name: string): string {
  return name.slice(0, -'.record'.length).replace(/=([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

async function flush(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
