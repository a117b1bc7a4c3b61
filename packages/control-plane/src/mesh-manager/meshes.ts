import type * as z from 'zod/mini';
import type { HostId, ManagerDescription, ManagerId, MeshDescription, MeshId, control } from '@raft-mesh/protocol';
import { claimedBy, generateSigningKey, sha256, signToken, succeeded, verifyManagerProof } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ControlStore, ListedRecord, Page, RecordContent } from '../state-manager/control-store.ts';
import type { Snapshots } from '../state-manager/snapshots.ts';
import { StoredDocumentError } from '../state-manager/stored-document.ts';
import type { Draw } from './draw.ts';
import { meshDocument } from './mesh-record.ts';
import type { MeshRecord } from './mesh-record.ts';
import { problems } from './problems.ts';

/** `host`: which host is to run it, where the control plane has placed it. */
export type NewManagers = readonly { readonly id: ManagerId; readonly url: string; readonly host?: HostId | undefined }[];
type Stored = { readonly record: MeshRecord; readonly version: string };

export const meshesMax = 100_000;
const managersMax = 7;
/** Managers that a mesh may ever have had, by name: each is remembered, so that no incarnation comes twice. */
const namesMax = 1_000;
const setupLifetimeMs = 24 * 60 * 60 * 1000;
const attemptsMax = 8;

/** Who may change a manager's enrolment: whoever holds a key that may, the host that it is placed on, or that manager's own setup token. */
export type Enroller = { readonly kind: 'key' } | { readonly kind: 'host'; readonly host: string } | { readonly kind: 'setupToken'; readonly token: string };

/** A mesh to be made, once it is known where its managers will be. */
export type NewMesh = Omit<z.infer<typeof control.createMesh>, 'managers' | 'placed'> & { readonly managers: NewManagers };

/** The meshes of this control plane: their making, their managers, their lives. */
export class Meshes {
  readonly #store: ControlStore;
  readonly #snapshots: Snapshots;
  readonly #nowMs: () => number;

  /** `nowMs`: wall clock. */
  constructor(store: ControlStore, snapshots: Snapshots, nowMs: () => number) {
    this.#store = store;
    this.#snapshots = snapshots;
    this.#nowMs = nowMs;
  }

  /** The same request again, wherever the first was cut off, makes one mesh and gets one answer. */
  async create(body: NewMesh, draw: Draw): Promise<Result<control.CreatedMesh>> {
    const fault = faultOf(body.managers);
    if (fault !== null) return problems.managersInvalid(fault);
    const mesh = body.mesh ?? (draw.identifier('mesh', 12) as MeshId);
    const present = await this.#read(mesh);
    if (present !== null) return begun(present.record, draw) ?? problems.meshExists(mesh);
    if (await this.#store.count('meshes') >= meshesMax) return problems.tooManyMeshes(meshesMax);
    const signingKey = generateSigningKey();
    const setup = this.#setUp(body.managers, null, draw);
    const snapshotHead = draw.identifier('snapshots');
    await this.#snapshots.open(snapshotHead, 1);
    const description: MeshDescription = {
      mesh, incarnation: 1, app: body.app, publicKey: signingKey.x, createdAt: new Date(this.#nowMs()).toISOString(), managers: setup.managers,
    };
    const record: MeshRecord = { description, signingKey, enrolments: setup.enrolments, departed: [], snapshotHead, signIn: body.signIn ?? null, request: draw.request };
    if (await this.#store.create('meshes', mesh, contentOf(record))) return succeeded({ mesh: description, setupTokens: setup.setupTokens });
    const other = await this.#read(mesh);
    if (other?.record.snapshotHead !== snapshotHead) await this.#snapshots.remove(snapshotHead);
    return (other === null ? null : begun(other.record, draw)) ?? problems.meshExists(mesh);
  }

  /** Some meshes in the order of their names, `next`: where the others go on. One that cannot be read is named in `unreadable`. */
  async list(page: Page): Promise<control.MeshList> {
    const listed = await this.#store.list('meshes', page);
    return { ...readable(listed), next: listed.length < page.limit ? null : (listed.at(-1)?.id ?? null) };
  }

  /** Of these meshes alone; one of the same name with another public key is another mesh. */
  async listSome(some: readonly { readonly mesh: string; readonly publicKey: string }[], { limit, after }: Page): Promise<control.MeshList> {
    const rest = some.filter(({ mesh }) => after === null || mesh > after).toSorted((a, b) => (a.mesh < b.mesh ? -1 : 1));
    const page = rest.slice(0, limit);
    const listed: ListedRecord[] = [];
    for (const { mesh } of page) {
      const record = await this.#store.read('meshes', mesh);
      if (record !== null) listed.push({ id: mesh, record, damage: null });
    }
    const { meshes, unreadable } = readable(listed);
    const own = meshes.filter(({ mesh, publicKey }) => page.some((known) => known.mesh === mesh && known.publicKey === publicKey));
    return { meshes: own, unreadable, next: page.length < rest.length ? (page.at(-1)?.mesh ?? null) : null };
  }

  async find(mesh: string): Promise<Result<MeshRecord>> {
    const stored = await this.#read(mesh);
    return stored === null ? problems.meshNotFound(mesh) : succeeded(stored.record);
  }

  /** Takes in a manager's public key, once, and vouches for it. The same key and token again get the same answer, so that a lost answer loses nothing. */
  async enrol(mesh: string, managerId: string, publicKey: string, enroller: Enroller): Promise<Result<{ readonly credential: string; readonly mesh: MeshDescription }>> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey)) return problems.publicKeyInvalid();
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(mesh);
      if (stored === null) return enroller.kind === 'setupToken' ? problems.setupTokenInvalid() : problems.meshNotFound(mesh);
      const { record } = stored;
      if (!this.#mayEnrol(record, managerId, enroller)) return problems.setupTokenInvalid();
      const manager = record.description.managers.find(({ id }) => id === managerId);
      if (manager === undefined) return problems.managerNotFound(managerId);
      if (enroller.kind === 'host' && manager.host !== enroller.host) return problems.notPlacedHere(enroller.host);
      if (manager.publicKey !== null && manager.publicKey !== publicKey) return problems.setupTokenSpent();
      const description = { ...record.description, managers: record.description.managers.map((other) => (other.id === managerId ? { ...other, publicKey } : other)) };
      const done = manager.publicKey !== null || await this.#store.replace('meshes', mesh, contentOf({ ...record, description }), stored.version);
      if (!done) continue;
      const credential = await signToken(record.signingKey, {
        use: 'manager', mesh: description.mesh, incarnation: description.incarnation, manager: manager.id, managerIncarnation: manager.managerIncarnation, publicKey,
      });
      return succeeded({ credential, mesh: description });
    }
    return problems.changedMeanwhile();
  }

  /**
   * A new life of the mesh from its last snapshot: nothing that belonged to the old one is believed any more. First the snapshots are fenced,
   * then the new incarnation is written; stopped in between, the mesh takes no snapshots until the restore is asked for again.
   */
  async restore(mesh: string, newManagers: NewManagers | undefined, draw: Draw): Promise<Result<control.CreatedMesh>> {
    const stored = await this.#read(mesh);
    if (stored === null) return problems.meshNotFound(mesh);
    const { record } = stored;
    const done = begun(record, draw);
    if (done !== null) return done;
    const managers = newManagers ?? record.description.managers;
    const fault = faultOf(managers);
    if (fault !== null) return problems.managersInvalid(fault);
    if (await this.#snapshots.describe(record.snapshotHead) === null) return problems.nothingToRestore();
    const incarnation = record.description.incarnation + 1;
    if (!await this.#snapshots.fence(record.snapshotHead, incarnation)) return problems.meshNotFound(mesh);
    const setup = this.#setUp(managers, record, draw);
    const description = { ...record.description, incarnation, managers: setup.managers };
    const next: MeshRecord = { ...record, description, enrolments: setup.enrolments, request: draw.request };
    if (await this.#store.replace('meshes', mesh, contentOf(next), stored.version)) return succeeded({ mesh: description, setupTokens: setup.setupTokens });
    const other = await this.#read(mesh);
    return (other === null ? null : begun(other.record, draw)) ?? problems.changedMeanwhile();
  }

  /**
   * Takes in a manager that is to join: a new one, or a new incarnation of one whose disk is gone. One that has not enrolled yet gets another
   * setup token and stays as it is, so that a join stopped half-way can be asked for again. `fresh`: whether anything was new. `successorOf`: the new one is to take
   * the place of this very manager, which must still be there and stays until then.
   */
  async register(mesh: string, wanted: z.infer<typeof control.registerManager> & { readonly host?: HostId }, draw: Draw, successorOf: ManagerDescription | null = null): Promise<Result<control.RegisteredManager & { readonly fresh: boolean }>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(mesh);
      if (stored === null) return problems.meshNotFound(mesh);
      const { record } = stored;
      const present = record.description.managers;
      const setupToken = draw.identifier('setup', 32);
      const own = present.find(({ id }) => record.enrolments.some(({ manager, request }) => manager === id && request === draw.request));
      if (own !== undefined) return succeeded({ manager: own, setupToken, mesh: record.description, fresh: false });
      const id = wanted.id ?? nextFreeId(record);
      const before = present.find((manager) => manager.id === id);
      if (successorOf !== null && (before !== undefined || !mayBeSucceeded(record, successorOf))) return problems.changedMeanwhile();
      const waiting = before?.publicKey === null && before.url === wanted.url;
      const manager = waiting ? before : { id, url: wanted.url, publicKey: null, managerIncarnation: lastIncarnation(record, id) + 1, joined: true as const, ...(wanted.host === undefined ? {} : { host: wanted.host }), ...successionOf(successorOf, before) };
      const managers = before === undefined ? [...present, manager] : present.map((other) => (other.id === id ? manager : other));
      const fault = faultOf(managers);
      if (fault !== null) return problems.managersInvalid(fault);
      if (before === undefined && record.departed.length + managers.length > namesMax) return problems.tooManyNames(namesMax);
      const enrolment = { manager: id, setupTokenHash: sha256(setupToken), setupExpiresAtMs: this.#nowMs() + setupLifetimeMs, request: draw.request };
      const enrolments = [...record.enrolments.filter((other) => other.manager !== id), enrolment];
      const description = { ...record.description, managers };
      if (await this.#store.replace('meshes', mesh, contentOf({ ...record, description, enrolments }), stored.version)) return succeeded({ manager, setupToken, mesh: description, fresh: !waiting });
    }
    return problems.changedMeanwhile();
  }

  /** Takes back that this manager was to take another's place. */
  async endSuccession(mesh: string, managerId: string): Promise<void> {
    const stored = await this.#read(mesh);
    if (stored === null) return;
    const { record } = stored;
    const managers = record.description.managers.map((manager) => (manager.id === managerId ? withoutSuccession(manager) : manager));
    // Whoever changed it meanwhile is looked at again.
    await this.#store.replace('meshes', mesh, contentOf({ ...record, description: { ...record.description, managers } }), stored.version);
  }

  /** Forgets a manager that has left, up to this incarnation; a later one stays, and one that is forgotten already is fine. */
  async forget(mesh: string, managerId: string, managerIncarnation: number): Promise<Result<MeshDescription>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(mesh);
      if (stored === null) return problems.meshNotFound(mesh);
      const { record } = stored;
      const gone = record.description.managers.find(({ id }) => id === managerId);
      if (gone === undefined || gone.managerIncarnation > managerIncarnation) return succeeded(record.description);
      const managers = record.description.managers.filter((manager) => manager !== gone).map((manager) => (manager.succeeds?.id === managerId ? withoutSuccession(manager) : manager));
      if (managers.length === 0) return problems.managersInvalid('A mesh has at least one manager.');
      const description = { ...record.description, managers };
      const departed = [...record.departed.filter(({ manager }) => manager !== managerId), { manager: managerId, managerIncarnation: gone.managerIncarnation }];
      const enrolments = record.enrolments.filter(({ manager }) => manager !== managerId);
      if (await this.#store.replace('meshes', mesh, contentOf({ ...record, description, departed, enrolments }), stored.version)) return succeeded(description);
    }
    return problems.changedMeanwhile();
  }

  /** A record that is damaged goes too, though not the snapshots that it named. */
  async remove(mesh: string): Promise<Result<null>> {
    let head: string | null = null;
    try {
      const stored = await this.#read(mesh);
      if (stored === null) return problems.meshNotFound(mesh);
      head = stored.record.snapshotHead;
    } catch (error) {
      if (!(error instanceof StoredDocumentError) || error.fault !== 'damaged') throw error;
    }
    await this.#store.remove('meshes', mesh);
    if (head !== null) await this.#snapshots.remove(head);
    return succeeded(null);
  }

  /** Checks a proof against the key that the manager enrolled in the mesh's present life. */
  async authenticateManager(mesh: string, proof: string, purpose: control.ManagerProof['purpose']): Promise<Result<{ readonly record: MeshRecord; readonly proof: control.ManagerProof }>> {
    const claimed = claimedBy(proof);
    const stored = await this.#read(mesh);
    // What is not proven yet may not learn which meshes there are.
    if (claimed === null || stored === null || claimed.mesh !== mesh) return problems.notAuthenticated();
    const { description } = stored.record;
    if (claimed.incarnation !== description.incarnation) return problems.incarnationEnded(description.incarnation);
    const manager = description.managers.find(({ id, managerIncarnation }) => id === claimed.manager && managerIncarnation === claimed.managerIncarnation);
    if (manager === undefined || manager.publicKey === null) return problems.proofRefused('No such manager is enrolled.');
    const verified = await verifyManagerProof(proof, manager.publicKey, this.#nowMs());
    if (!verified.ok) return problems.proofRefused(verified.error.message);
    if (verified.claims.purpose !== purpose) return problems.proofRefused(`The proof is for ${verified.claims.purpose}, not for ${purpose}.`);
    return succeeded({ record: stored.record, proof: verified.claims });
  }

  #mayEnrol(record: MeshRecord, manager: string, enroller: Enroller): boolean {
    if (enroller.kind !== 'setupToken') return true;
    const hash = sha256(enroller.token);
    return record.enrolments.some((enrolment) => enrolment.manager === manager && enrolment.setupTokenHash === hash && enrolment.setupExpiresAtMs > this.#nowMs());
  }

  #setUp(managers: NewManagers, before: MeshRecord | null, draw: Draw) {
    const setupTokens = managers.map(({ id }) => ({ manager: id, setupToken: setupTokenOf(id, draw) }));
    return {
      setupTokens,
      enrolments: setupTokens.map(({ manager, setupToken }) => ({ manager, setupTokenHash: sha256(setupToken), setupExpiresAtMs: this.#nowMs() + setupLifetimeMs, request: null })),
      managers: managers.map(({ id, url, host }) => ({ id, url, publicKey: null, managerIncarnation: (before === null ? 0 : lastIncarnation(before, id)) + 1, ...(host === undefined ? {} : { host }) })),
    };
  }

  async #read(mesh: string): Promise<Stored | null> {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(mesh)) return null;
    const record = await this.#store.read('meshes', mesh);
    return record === null ? null : { record: meshDocument.read(mesh, record.value), version: record.version };
  }
}

function readable(listed: readonly ListedRecord[]): Pick<control.MeshList, 'meshes' | 'unreadable'> {
  const meshes: MeshDescription[] = [];
  const unreadable: control.MeshList['unreadable'] = [];
  for (const { id, record, damage } of listed) {
    try {
      if (damage !== null) throw new StoredDocumentError('damaged', damage);
      meshes.push(meshDocument.read(id, record.value).description);
    } catch (error) {
      if (!(error instanceof StoredDocumentError)) throw error;
      unreadable.push({ mesh: id, code: error.fault === 'newer' ? 'recordNewer' : 'recordDamaged', detail: error.message });
    }
  }
  return { meshes, unreadable };
}

function contentOf(record: MeshRecord): RecordContent {
  return { value: meshDocument.write(record), bytes: null };
}

/** What the request that began this life of the mesh was answered, when it is this one; otherwise `null`. */
function begun({ description, enrolments, request }: MeshRecord, draw: Draw): Result<control.CreatedMesh> | null {
  if (request !== draw.request) return null;
  const setupTokens = description.managers.map(({ id }) => ({ manager: id, setupToken: setupTokenOf(id, draw) }))
    .filter(({ manager, setupToken }) => enrolments.some((enrolment) => enrolment.manager === manager && enrolment.setupTokenHash === sha256(setupToken)));
  return succeeded({ mesh: description, setupTokens });
}

function setupTokenOf(manager: string, draw: Draw): string {
  return draw.identifier(`setup ${manager}`, 32);
}

/** The last incarnation that a manager of this name had, 0 for none. */
function lastIncarnation({ description, departed }: MeshRecord, id: string): number {
  const known = [...description.managers.filter((manager) => manager.id === id), ...departed.filter(({ manager }) => manager === id)];
  return Math.max(0, ...known.map(({ managerIncarnation }) => managerIncarnation));
}

/** It is there, and nobody in this mesh is about to take another's place. */
function mayBeSucceeded({ description: { managers } }: MeshRecord, { id, managerIncarnation }: ManagerDescription): boolean {
  return managers.some((manager) => manager.id === id && manager.managerIncarnation === managerIncarnation) && managers.every(({ succeeds }) => succeeds === undefined);
}

function withoutSuccession(manager: ManagerDescription): ManagerDescription {
  const { succeeds: _succeeds, ...rest } = manager;
  return rest;
}

/** One that is placed anew goes on with what it was made for. */
function successionOf(successorOf: ManagerDescription | null, before: ManagerDescription | undefined): Pick<ManagerDescription, 'succeeds'> {
  if (successorOf !== null) return { succeeds: { id: successorOf.id, managerIncarnation: successorOf.managerIncarnation } };
  return before?.succeeds === undefined ? {} : { succeeds: before.succeeds };
}

/** `m4` after `m3`, whoever has left since. */
export function nextFreeId({ description, departed }: MeshRecord): ManagerId {
  const names = [...description.managers.map(({ id }) => String(id)), ...departed.map(({ manager }) => manager)];
  const numbers = names.map((name) => Number(/^m([0-9]{1,9})$/.exec(name)?.[1] ?? 0));
  return `m${Math.max(0, ...numbers) + 1}` as ManagerId;
}

/** What is wrong with these managers, `null` when nothing is. */
function faultOf(managers: NewManagers): string | null {
  if (managers.length === 0 || managers.length > managersMax) return `A mesh has 1 to ${managersMax} managers, not ${managers.length}.`;
  if (new Set(managers.map(({ id }) => id)).size !== managers.length) return 'Two managers have the same id.';
  const bad = managers.find(({ url }) => !URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol));
  return bad === undefined ? null : `The URL of ${bad.id} is none that a manager can have.`;
}
