import type * as FirestoreLibrary from 'firebase-admin/firestore';
import type { DocumentSnapshot, Firestore } from 'firebase-admin/firestore';
import { nanoid } from 'nanoid';
import * as z from 'zod/mini';
import { errorCode } from '@raft-mesh/mesh-node';
import { assertStorable } from './control-store.ts';
import type { Collection, ControlStore, Json, ListedRecord, Page, RecordContent, StoredRecord } from './control-store.ts';
import { StoredDocumentError } from './stored-document.ts';

export type FirestoreStoreOptions =
  | {
    readonly projectId: string;
    /** Default: `(default)`. */
    readonly databaseId?: string;
  }
  | {
    /** Makes a client with settings of its own; the store asks for one when it is opened, and terminates it when it is closed. */
    readonly client: () => Firestore;
  };

const document = z.object({ json: z.string(), bytes: z.nullable(z.instanceof(Uint8Array)), nonce: z.string() });
const grpc = { notFound: 5, alreadyExists: 6, failedPrecondition: 9 } as const;

/**
 * The store on Firestore: one document a record. Compare-and-set is a precondition on the document's update time, so no transaction and no
 * lock is needed. Credentials come from the environment (Application Default Credentials), the emulator's address from FIRESTORE_EMULATOR_HOST.
 */
export async function openFirestoreStore(options: FirestoreStoreOptions): Promise<ControlStore> {
  // Loaded only where it is used: it costs every start of a program a third of a second.
  const [{ deleteApp, initializeApp }, library] = await Promise.all([import('firebase-admin/app'), import('firebase-admin/firestore')]);
  if ('client' in options) {
    const firestore = options.client();
    return new FirestoreStore(library, firestore, () => firestore.terminate());
  }
  const app = initializeApp({ projectId: options.projectId }, `raft-mesh-${nanoid()}`);
  const firestore = options.databaseId === undefined ? library.getFirestore(app) : library.getFirestore(app, options.databaseId);
  return new FirestoreStore(library, firestore, async () => {
    await firestore.terminate();
    await deleteApp(app);
  });
}

class FirestoreStore implements ControlStore {
  readonly #library: typeof FirestoreLibrary;
  readonly #firestore: Firestore;
  readonly #close: () => Promise<void>;

  constructor(library: typeof FirestoreLibrary, firestore: Firestore, close: () => Promise<void>) {
    this.#library = library;
    this.#firestore = firestore;
    this.#close = close;
  }

  async create(collection: Collection, id: string, content: RecordContent): Promise<boolean> {
    assertStorable(id, content);
    const fields = fieldsOf(content);
    try {
      await this.#document(collection, id).create(fields);
      return true;
    } catch (error) {
      if (errorCode(error) !== grpc.alreadyExists) throw error;
      return this.#isMine(collection, id, fields.nonce);
    }
  }

  async read(collection: Collection, id: string): Promise<StoredRecord | null> {
    assertStorable(id, null);
    return recordOf(await this.#document(collection, id).get());
  }

  async replace(collection: Collection, id: string, content: RecordContent, version: string): Promise<boolean> {
    assertStorable(id, content);
    const fields = fieldsOf(content);
    try {
      await this.#document(collection, id).update(fields, { lastUpdateTime: this.#timestamp(version) });
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === grpc.notFound) return false;
      if (code !== grpc.failedPrecondition) throw error;
      return this.#isMine(collection, id, fields.nonce);
    }
  }

  async remove(collection: Collection, id: string): Promise<void> {
    assertStorable(id, null);
    await this.#document(collection, id).delete();
  }

  async list(collection: Collection, page: Page): Promise<readonly ListedRecord[]> {
    const found = await this.#page(collection, page).get();
    return found.docs.map(listed);
  }

  async listIds(collection: Collection, page: Page): Promise<readonly string[]> {
    const found = await this.#page(collection, page).select().get();
    return found.docs.map(idOf);
  }

  async count(collection: Collection): Promise<number> {
    return (await this.#firestore.collection(collection).count().get()).data().count;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** The client library retries by itself: a write of ours may have been done although the retry found it done already. */
  async #isMine(collection: Collection, id: string, nonce: string): Promise<boolean> {
    const data: unknown = (await this.#document(collection, id).get()).data();
    const parsed = document.safeParse(data);
    return parsed.success && parsed.data.nonce === nonce;
  }

  #page(collection: Collection, { limit, after }: Page): FirestoreLibrary.Query {
    const ordered = this.#firestore.collection(collection).orderBy(this.#library.FieldPath.documentId()).limit(limit);
    return after === null ? ordered : ordered.startAfter(idPrefix + after);
  }

  #timestamp(version: string): FirestoreLibrary.Timestamp {
    const [seconds, nanoseconds] = version.split('.').map(Number);
    return new this.#library.Timestamp(seconds ?? 0, nanoseconds ?? 0);
  }

  #document(collection: Collection, id: string) {
    return this.#firestore.collection(collection).doc(idPrefix + id);
  }
}

/** Firestore reserves ids such as `__this__`, `.` and `..`; with a prefix none of ours is one. */
const idPrefix = 'id:';

function fieldsOf(content: RecordContent) {
  // As text, because Firestore cannot hold an array within an array. `updatedAt` is for people who look.
  return { json: JSON.stringify(content.value), bytes: content.bytes, nonce: nanoid(), updatedAt: new Date() };
}

function recordOf(snapshot: DocumentSnapshot): StoredRecord | null {
  const updateTime = snapshot.updateTime;
  if (!snapshot.exists || updateTime === undefined) return null;
  const fields = document.safeParse(snapshot.data());
  if (!fields.success) throw new StoredDocumentError('damaged', `The record ${idOf(snapshot)} is damaged: it has not the fields of a record.`);
  const { json, bytes } = fields.data;
  return { value: valueOf(idOf(snapshot), json), bytes: bytes === null ? null : new Uint8Array(bytes), version: `${updateTime.seconds}.${updateTime.nanoseconds}` };
}

function valueOf(id: string, json: string): Json {
  try {
    return z.json().parse(JSON.parse(json));
  } catch {
    throw new StoredDocumentError('damaged', `The record ${id} is damaged: its value is no JSON.`);
  }
}

function listed(snapshot: FirestoreLibrary.QueryDocumentSnapshot): ListedRecord {
  const id = idOf(snapshot);
  try {
    const record = recordOf(snapshot);
    if (record === null) throw new Error('a document that a query found exists');
    return { id, record, damage: null };
  } catch (error) {
    if (error instanceof StoredDocumentError) return { id, record: null, damage: error.message };
    throw error;
  }
}

function idOf(snapshot: DocumentSnapshot): string {
  return snapshot.id.slice(idPrefix.length);
}
