import type * as z from 'zod/mini';
import type { Json } from './control-store.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** What is kept under an id cannot be used: written by a newer control plane, or damaged. */
export class StoredDocumentError extends Error {
  readonly fault: 'newer' | 'damaged';

  constructor(fault: 'newer' | 'damaged', message: string) {
    super(message);
    this.name = 'StoredDocumentError';
    this.fault = fault;
  }
}

export interface StoredDocument<Value> {
  readonly version: number;
  /** Throws a `StoredDocumentError`. */
  read(id: string, stored: Json): Value;
  write(value: Value): Json;
}

/**
 * One kind of stored document. `upgrades[0]` makes version 2 of version 1, and so on; the last one's result is today's version. What carries no
 * version is of version 1. An older document is upgraded whenever it is read, and written back with whatever changes it next; a newer one is refused.
 */
export function storedDocument<Value extends object>(options: {
  readonly name: string; readonly schema: z.ZodMiniType<Value>; readonly upgrades: readonly ((before: JsonObject) => JsonObject)[];
}): StoredDocument<Value> {
  const { name, schema, upgrades } = options;
  const present = upgrades.length + 1;
  return {
    version: present,
    read(id, stored) {
      if (!isObject(stored)) throw new StoredDocumentError('damaged', `The ${name} ${id} is damaged: it is no object.`);
      const { documentVersion = 1, ...content } = stored;
      if (!Number.isSafeInteger(documentVersion) || Number(documentVersion) < 1) throw new StoredDocumentError('damaged', `The ${name} ${id} is damaged: ${JSON.stringify(documentVersion)} is no document version.`);
      const version = Number(documentVersion);
      if (version > present) throw new StoredDocumentError('newer', `The ${name} ${id} is of document version ${version}; this control plane knows versions up to ${present}.`);
      const damaged = (what: string) => new StoredDocumentError('damaged', `The ${name} ${id} is damaged: ${what}.`);
      let parsed: ReturnType<typeof schema.safeParse>;
      try {
        parsed = schema.safeParse(upgrades.slice(version - 1).reduce<JsonObject>((before, upgrade) => upgrade(before), content));
      } catch {
        throw damaged('it cannot be read');
      }
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      throw damaged(`${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? 'wrong shape'}`);
    },
    write: (value) => ({ ...(value as { readonly [key: string]: Json }), documentVersion: present }),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
