import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { sha256, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { Draw } from '../../mesh-manager/draw.ts';
import type { Meshes } from '../../mesh-manager/meshes.ts';
import { problems } from '../../mesh-manager/problems.ts';
import type { ControlStore, Page, StoredRecord } from '../../state-manager/control-store.ts';
import { StoredDocumentError, storedDocument } from '../../state-manager/stored-document.ts';
import { Sweep } from '../../state-manager/sweep.ts';
import { operations, roleMay } from './access-table.ts';
import type { Operation } from './access-table.ts';
import type { ApiKey } from './caller.ts';

/** So that a key that turns up somewhere is recognised. */
export const keyPrefix = 'rmk_';
const idCharacters = 12;
const secretCharacters = 43;
const keysMax = 10_000;
const lifetimeSeconds = { usual: 90 * 24 * 60 * 60, max: 366 * 24 * 60 * 60 };
/** How long one that has ended is still listed. */
const keptAfterEndMs = 90 * 24 * 60 * 60 * 1000;
const sweepMax = 50;
const attemptsMax = 8;

const keyRecord = z.object({
  name: z.string(), secretHash: z.string(), accessRole: control.keyAccessRole,
  meshes: z.nullable(z.array(z.object({ mesh: z.string(), publicKey: z.string() }))), operations: z.nullable(z.array(z.string())),
  createdAtMs: z.number(), expiresAtMs: z.number(), revokedAtMs: z.nullable(z.number()),
});
type KeyRecord = z.infer<typeof keyRecord>;
const keyDocument = storedDocument<KeyRecord>({ name: 'key', schema: keyRecord, upgrades: [] });

/** API keys: random, shown once, kept as hashes. Each request looks at the record, so that a revoked key is refused by every copy at once. */
export class Keys {
  readonly #store: ControlStore;
  readonly #meshes: Meshes;
  readonly #nowMs: () => number;
  readonly #sweep: Sweep;

  constructor(store: ControlStore, meshes: Meshes, nowMs: () => number) {
    this.#store = store;
    this.#meshes = meshes;
    this.#nowMs = nowMs;
    this.#sweep = new Sweep(store, 'keys', sweepMax);
  }

  /** At most as wide as `maker`, the key that asks for it, and at most as long. */
  async create(body: control.CreateKey, maker: ApiKey, draw: Draw): Promise<Result<control.CreatedKey>> {
    const lifetime = body.expiresInSeconds ?? lifetimeSeconds.usual;
    if (lifetime > lifetimeSeconds.max) return problems.lifetimeTooLong(lifetimeSeconds.max);
    const unknown = body.operations?.find((operation) => !isOperation(operation));
    if (unknown !== undefined) return problems.operationUnknown(unknown);
    const meshes = await this.#meshesOf(body.meshes ?? maker.meshes?.map(({ mesh }) => mesh) ?? null);
    if (!meshes.ok) return meshes;
    const wanted = { accessRole: body.accessRole, meshes: meshes.value, operations: body.operations?.filter(isOperation) ?? null };
    const excess = excessOf(wanted, maker);
    if (excess !== null) return problems.grantTooWide(excess);
    if (await this.#store.count('keys') >= keysMax) return problems.tooManyKeys(keysMax);
    await this.#removeEnded();
    const id = draw.identifier('key', idCharacters);
    const secret = draw.identifier('secret', secretCharacters);
    const record: KeyRecord = {
      name: body.name, secretHash: sha256(secret), ...wanted, meshes: wanted.meshes === null ? null : [...wanted.meshes],
      createdAtMs: this.#nowMs(), expiresAtMs: this.#nowMs() + lifetime * 1000, revokedAtMs: null,
    };
    // One that is there already is this request's own, done before.
    await this.#store.create('keys', id, { value: keyDocument.write(record), bytes: null });
    return succeeded({ key: described(id, record), secret: `${keyPrefix}${id}_${secret}` });
  }

  /** What a key is good for, now. Unknown and wrong ones are `notAuthenticated` alike. */
  async verify(token: string): Promise<Result<ApiKey>> {
    const parts = new RegExp(`^${keyPrefix}([\\w-]{${idCharacters}})_([\\w-]{${secretCharacters}})$`).exec(token);
    const [, id, secret] = parts ?? [];
    if (id === undefined || secret === undefined) return problems.notAuthenticated();
    const stored = await this.#read(id);
    if (stored === null) return problems.notAuthenticated();
    const { record } = stored;
    if (!timingSafeEqual(Buffer.from(sha256(secret), 'hex'), Buffer.from(record.secretHash, 'hex'))) return problems.notAuthenticated();
    if (record.revokedAtMs !== null) return problems.keyRevoked();
    if (record.expiresAtMs <= this.#nowMs()) return problems.keyExpired();
    // An operation that this version does not know is none that the key may do.
    return succeeded({ id, name: record.name, accessRole: record.accessRole, meshes: record.meshes, operations: record.operations?.filter(isOperation) ?? null });
  }

  /** Keys that reach no further than the one that asks. A page may hold fewer than asked for, or none, and still go on at `next`. */
  async list(page: Page, asker: ApiKey): Promise<control.KeyList> {
    const listed = await this.#store.list('keys', page);
    const keys = listed.flatMap(({ id, record }) => readable(id, record))
      .filter(({ record }) => reaches(asker, record.meshes)).map(({ id, record }) => described(id, record));
    return { keys, next: listed.length < page.limit ? null : (listed.at(-1)?.id ?? null) };
  }

  /** Ends a key, at once and for good; doing it again is fine. */
  async revoke(id: string, asker: ApiKey): Promise<Result<control.KeyDescription>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(id);
      if (stored === null || !reaches(asker, stored.record.meshes)) return problems.keyNotFound(id);
      if (stored.record.revokedAtMs !== null) return succeeded(described(id, stored.record));
      const record = { ...stored.record, revokedAtMs: this.#nowMs() };
      if (await this.#store.replace('keys', id, { value: keyDocument.write(record), bytes: null }, stored.version)) return succeeded(described(id, record));
    }
    return problems.changedMeanwhile();
  }

  async #meshesOf(names: readonly string[] | null): Promise<Result<ApiKey['meshes']>> {
    if (names === null) return succeeded(null);
    const meshes: { mesh: string; publicKey: string }[] = [];
    for (const name of new Set(names)) {
      const found = await this.#meshes.find(name);
      if (!found.ok) return found;
      meshes.push({ mesh: name, publicKey: found.value.description.publicKey });
    }
    return succeeded(meshes);
  }

  async #read(id: string): Promise<{ readonly record: KeyRecord; readonly version: string } | null> {
    if (!/^[\w-]{1,64}$/.test(id)) return null;
    const stored = await this.#store.read('keys', id);
    return stored === null ? null : { record: keyDocument.read(id, stored.value), version: stored.version };
  }

  async #removeEnded(): Promise<void> {
    for (const key of await this.#sweep.next()) {
      for (const { id, record } of readable(key.id, key.record)) {
        if (Math.min(record.expiresAtMs, record.revokedAtMs ?? Infinity) + keptAfterEndMs <= this.#nowMs()) await this.#store.remove('keys', id);
      }
    }
  }
}

/** A key whose record is damaged, or of a newer version, opens nothing here, and is not listed. */
function readable(id: string, stored: StoredRecord | null): readonly { readonly id: string; readonly record: KeyRecord }[] {
  if (stored === null) return [];
  try {
    return [{ id, record: keyDocument.read(id, stored.value) }];
  } catch (error) {
    if (error instanceof StoredDocumentError) return [];
    throw error;
  }
}

/** What the wanted key could do that its maker cannot, in words; `null` when nothing. */
function excessOf(wanted: Pick<ApiKey, 'accessRole' | 'meshes' | 'operations'>, maker: ApiKey): string | null {
  if (!reaches(maker, wanted.meshes)) return `The key ${maker.id} is for ${maker.meshes?.map(({ mesh }) => mesh).join(', ') ?? ''} only.`;
  const may = (key: Pick<ApiKey, 'accessRole' | 'operations'>, operation: Operation) => roleMay(key.accessRole, operation) && (key.operations === null || key.operations.includes(operation));
  const extra = operations.find((operation) => may(wanted, operation) && !may(maker, operation));
  if (extra !== undefined) return `The key ${maker.id} may not do ${extra}.`;
  // An admin key also hands out what others may not: see `grants.ts`.
  return wanted.accessRole === 'admin' && maker.accessRole !== 'admin' ? `The key ${maker.id} is no admin's.` : null;
}

/** True where `meshes` (`null`: all) are no more than the key covers. */
function reaches(key: ApiKey, meshes: ApiKey['meshes']): boolean {
  if (key.meshes === null) return true;
  return meshes !== null && meshes.every(({ mesh, publicKey }) => key.meshes?.some((own) => own.mesh === mesh && own.publicKey === publicKey));
}

function isOperation(text: string): text is Operation {
  return operations.some((operation) => operation === text);
}

function described(id: string, record: KeyRecord): control.KeyDescription {
  const at = (timeMs: number) => new Date(timeMs).toISOString();
  return control.keyDescription.parse({
    key: id, name: record.name, accessRole: record.accessRole, meshes: record.meshes?.map(({ mesh }) => mesh) ?? null, operations: record.operations,
    createdAt: at(record.createdAtMs), expiresAt: at(record.expiresAtMs), revokedAt: record.revokedAtMs === null ? null : at(record.revokedAtMs),
  });
}
