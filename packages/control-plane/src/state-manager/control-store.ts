/** A JSON value, as plain as JSON itself. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What is kept, by kind. `chunks` hold the pieces of snapshots that are too large for one record, `requests` what was answered to those that may come again, `orders` what hosts have still to do. */
export const collections = ['meshes', 'snapshots', 'chunks', 'invitations', 'keys', 'requests', 'hosts', 'orders'] as const;
export type Collection = (typeof collections)[number];

/** The largest `bytes` of one record: what a Firestore document takes, with room for the rest of it. */
export const recordBytesMax = 900 * 1024;

export interface RecordContent {
  readonly value: Json;
  readonly bytes: Uint8Array | null;
}

/** `version` is opaque: another one for each change of the record. */
export interface StoredRecord extends RecordContent {
  readonly version: string;
}

export interface Page {
  readonly limit: number;
  readonly after: string | null;
}

/** `damage`: what is wrong with a record that cannot be read; the others are listed all the same. */
export type ListedRecord =
  | { readonly id: string; readonly record: StoredRecord; readonly damage: null }
  | { readonly id: string; readonly record: null; readonly damage: string };

/**
 * Where the control plane keeps everything: records that change one at a time, each by compare-and-set. Nothing here spans records;
 * whoever uses several writes them in an order that is right wherever it stops. A promise that resolves `true` means durable.
 * Ids are 1 to 200 characters of `A-Z a-z 0-9 _ - .`, ordered by their ASCII codes; a record's `bytes` are at most `recordBytesMax`. Both are asserted.
 * Reading or replacing a record that is damaged throws a `StoredDocumentError`; removing it is fine.
 */
export interface ControlStore {
  /** `false`: there is one already, and it stays as it is. */
  create(collection: Collection, id: string, content: RecordContent): Promise<boolean>;
  read(collection: Collection, id: string): Promise<StoredRecord | null>;
  /** `false`: the record is gone or not at `version` any more; read it again. */
  replace(collection: Collection, id: string, content: RecordContent, version: string): Promise<boolean>;
  /** Removing what is not there is fine. */
  remove(collection: Collection, id: string): Promise<void>;
  /** At most `limit` records whose ids come behind `after` (`null`: from the first on), in the order of their ids. */
  list(collection: Collection, page: Page): Promise<readonly ListedRecord[]>;
  /** Their ids alone, which costs less. */
  listIds(collection: Collection, page: Page): Promise<readonly string[]>;
  count(collection: Collection): Promise<number>;
  close(): Promise<void>;
}

/** Throws where a caller breaks the bounds of the port. */
export function assertStorable(id: string, content: RecordContent | null): void {
  if (!/^[A-Za-z0-9_.-]{1,200}$/.test(id)) throw new Error(`a record id must match the port's pattern: ${JSON.stringify(id)}`);
  if ((content?.bytes?.length ?? 0) > recordBytesMax) throw new Error(`a record holds at most ${recordBytesMax} bytes, this one has ${content?.bytes?.length}`);
}
