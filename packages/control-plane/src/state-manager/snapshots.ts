import { promisify } from 'node:util';
import { constants, brotliCompress, brotliDecompress } from 'node:zlib';
import { nanoid } from 'nanoid';
import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { sha256, snapshotBytesMax } from '@raft-mesh/mesh-node';
import { recordBytesMax } from './control-store.ts';
import type { ControlStore, RecordContent } from './control-store.ts';
import { StoredDocumentError, storedDocument } from './stored-document.ts';
import { Sweep } from './sweep.ts';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/**
 * The one commit point of a mesh's snapshots. Only a snapshot of exactly `incarnation` may replace the present one; raising it shuts
 * out every manager of an earlier life, whatever they try later.
 */
const headValue = z.object({
  incarnation: z.number(),
  snapshot: z.nullable(z.object({ description: control.snapshotDescription, codec: z.literal('brotli'), chunks: z.array(z.string()) })),
});
type Head = z.infer<typeof headValue>;
const headDocument = storedDocument<Head>({ name: 'snapshot head', schema: headValue, upgrades: [] });

export type PutResult = 'stored' | 'incarnationEnded' | 'older' | 'gone';

const attemptsMax = 8;
const chunksLookedAt = 256;
/** No upload takes that long: pieces that no head names by then were left by one that was cut off. */
const orphanAfterMs = 60 * 60 * 1000;

/** Keeps the last snapshot of each mesh, compressed, checked on the way out, fenced on the way in. */
export class Snapshots {
  readonly #store: ControlStore;
  readonly #nowMs: () => number;
  readonly #chunkSweep: Sweep;

  /** `nowMs`: wall clock. */
  constructor(store: ControlStore, nowMs: () => number = () => Date.now()) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#chunkSweep = new Sweep(store, 'chunks', chunksLookedAt);
  }

  /** Makes an empty head, unless it is there already. A mesh must get one that no other mesh, also of the same name, ever had. */
  async open(head: string, incarnation: number): Promise<void> {
    await this.#store.create('snapshots', head, content({ incarnation, snapshot: null }, null));
  }

  /** (term, index) never goes back. A snapshot equal to the present one is stored already. */
  async put(head: string, description: control.SnapshotDescription, data: Uint8Array): Promise<PutResult> {
    const packed = new Uint8Array(await compress(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
    const inline = packed.length <= recordBytesMax;
    let chunks: readonly string[] = [];
    const giveUp = async (result: PutResult) => {
      await this.#removeChunks(chunks);
      return result;
    };
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const present = await this.#readHead(head);
      if (present === null) return giveUp('gone');
      if (present.head.incarnation !== description.incarnation) return giveUp('incarnationEnded');
      const before = present.head.snapshot;
      if (before !== null && isSame(before.description, description)) return giveUp('stored');
      if (before !== null && !isNewer(description, before.description)) return giveUp('older');
      // The pieces come first: a head never names what is not there.
      if (!inline && chunks.length === 0) {
        await this.#removeOrphans();
        chunks = await this.#writeChunks(head, packed);
      }
      const next: Head = { incarnation: description.incarnation, snapshot: { description, codec: 'brotli', chunks: [...chunks] } };
      if (await this.#store.replace('snapshots', head, content(next, inline ? packed : null), present.version)) {
        await this.#removeChunks(before?.chunks ?? []);
        return 'stored';
      }
    }
    await this.#removeChunks(chunks);
    throw new Error(`a snapshot could not be stored in ${attemptsMax} attempts: others kept changing its head`);
  }

  async describe(head: string): Promise<control.SnapshotDescription | null> {
    return (await this.#readHead(head))?.head.snapshot?.description ?? null;
  }

  /** The last snapshot. Throws when what is kept is not what was put in. */
  async latest(head: string): Promise<{ readonly description: control.SnapshotDescription; readonly data: Uint8Array } | null> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const present = await this.#readHead(head);
      if (present === null || present.head.snapshot === null) return null;
      const { description, chunks } = present.head.snapshot;
      const packed = present.bytes ?? await this.#readChunks(chunks);
      // A newer snapshot has come and taken the pieces away: read that one.
      if (packed === null) continue;
      const data = new Uint8Array(await decompress(packed, { maxOutputLength: snapshotBytesMax }));
      if (sha256(data) !== description.sha256) throw new Error('the kept snapshot is damaged: its hash is not the one it was stored with');
      return { description, data };
    }
    throw new Error(`a snapshot could not be read in ${attemptsMax} attempts`);
  }

  /** From now on only snapshots of this incarnation are taken. The present snapshot stays. `false` when the head is gone. */
  async fence(head: string, incarnation: number): Promise<boolean> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const present = await this.#readHead(head);
      if (present === null) return false;
      if (present.head.incarnation >= incarnation) return true;
      if (await this.#store.replace('snapshots', head, content({ ...present.head, incarnation }, present.bytes), present.version)) return true;
    }
    throw new Error(`a mesh could not be fenced in ${attemptsMax} attempts`);
  }

  async remove(head: string): Promise<void> {
    const present = await this.#readHead(head);
    await this.#store.remove('snapshots', head);
    await this.#removeChunks(present?.head.snapshot?.chunks ?? []);
  }

  async #readHead(id: string): Promise<{ readonly head: Head; readonly bytes: Uint8Array | null; readonly version: string } | null> {
    const record = await this.#store.read('snapshots', id);
    return record === null ? null : { head: headDocument.read(id, record.value), bytes: record.bytes, version: record.version };
  }

  async #writeChunks(head: string, packed: Uint8Array): Promise<readonly string[]> {
    const nonce = nanoid();
    const ids: string[] = [];
    for (let offset = 0; offset < packed.length; offset += recordBytesMax) {
      const id = `${head}.${nonce}.${ids.length}`;
      await this.#store.create('chunks', id, { value: { createdAtMs: this.#nowMs() }, bytes: packed.subarray(offset, offset + recordBytesMax) });
      ids.push(id);
    }
    return ids;
  }

  async #readChunks(ids: readonly string[]): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = [];
    for (const id of ids) {
      const bytes = (await this.#store.read('chunks', id))?.bytes ?? null;
      if (bytes === null) return null;
      pieces.push(bytes);
    }
    return Buffer.concat(pieces);
  }

  /** Who writes pieces looks at some that are there: what an upload left that was cut off, or a mesh that is gone, must not stay for ever. */
  async #removeOrphans(): Promise<void> {
    const heads = new Map<string, readonly string[]>();
    for (const id of await this.#chunkSweep.nextIds()) {
      const [head = ''] = id.split('.');
      const named = heads.get(head) ?? await this.#chunksOf(head);
      if (named === null) continue;
      heads.set(head, named);
      if (named.includes(id)) continue;
      const age = this.#nowMs() - createdAtMs((await this.#store.read('chunks', id))?.value);
      // Whose head was written since it was looked at is not an orphan either.
      if (age >= orphanAfterMs && (await this.#chunksOf(head))?.includes(id) === false) await this.#store.remove('chunks', id);
    }
  }

  /** The pieces that a head names, none when it is gone; `null` when that cannot be told. */
  async #chunksOf(head: string): Promise<readonly string[] | null> {
    try {
      return (await this.#readHead(head))?.head.snapshot?.chunks ?? [];
    } catch (error) {
      if (error instanceof StoredDocumentError) return null;
      throw error;
    }
  }

  async #removeChunks(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#store.remove('chunks', id);
  }
}

/** Pieces from before this was noted are old. */
function createdAtMs(value: unknown): number {
  const parsed = z.object({ createdAtMs: z.number() }).safeParse(value);
  return parsed.success ? parsed.data.createdAtMs : 0;
}

function content(head: Head, bytes: Uint8Array | null): RecordContent {
  return { value: headDocument.write(head), bytes };
}

function isNewer(next: control.SnapshotDescription, before: control.SnapshotDescription): boolean {
  return next.term > before.term || (next.term === before.term && next.index > before.index);
}

function isSame(next: control.SnapshotDescription, before: control.SnapshotDescription): boolean {
  return next.term === before.term && next.index === before.index && next.sha256 === before.sha256 && next.incarnation === before.incarnation;
}
