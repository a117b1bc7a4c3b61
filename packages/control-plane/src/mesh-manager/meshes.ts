import { nanoid } from 'nanoid';
import type * as z from 'zod/mini';
import type { ManagerId, MeshDescription, MeshId, control } from '@raft-mesh/protocol';
import { claimedBy, generateSigningKey, sha256, signToken, succeeded, verifyManagerProof } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ControlStore, RecordContent } from '../state-manager/control-store.ts';
import type { Snapshots } from '../state-manager/snapshots.ts';
import { meshRecord } from './mesh-record.ts';
import type { MeshRecord } from './mesh-record.ts';
import { problems } from './problems.ts';

type NewManagers = readonly { readonly id: ManagerId; readonly url: string }[];
type Stored = { readonly record: MeshRecord; readonly version: string };

export const meshesMax = 100_000;
const managersMax = 7;
/** Managers that a mesh may ever have had, by name: each is remembered, so that no incarnation comes twice. */
const namesMax = 1_000;
/** How many meshes one answer lists. */
const listedMax = 1_000;
const setupLifetimeMs = 24 * 60 * 60 * 1000;
const attemptsMax = 8;

/** Who may change a manager's enrolment: whoever holds the admin key, or that manager's own setup token. */
export type Enroller = { readonly kind: 'admin' } | { readonly kind: 'setupToken'; readonly token: string };

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

  async create(body: z.infer<typeof control.createMesh>): Promise<Result<control.CreatedMesh>> {
    const fault = faultOf(body.managers);
    if (fault !== null) return problems.managersInvalid(fault);
    const mesh = body.mesh ?? (nanoid(12) as MeshId);
    if (await this.#store.read('meshes', mesh) !== null) return problems.meshExists(mesh);
    if (await this.#store.count('meshes') >= meshesMax) return problems.tooManyMeshes(meshesMax);
    const signingKey = generateSigningKey();
    const setup = this.#setUp(body.managers, null);
    const snapshotHead = await this.#snapshots.open(1);
    const description: MeshDescription = {
      mesh, incarnation: 1, app: body.app, publicKey: signingKey.x, createdAt: new Date(this.#nowMs()).toISOString(), managers: setup.managers,
    };
    if (!await this.#store.create('meshes', mesh, contentOf({ description, signingKey, enrolments: setup.enrolments, snapshotHead }))) {
      await this.#snapshots.remove(snapshotHead);
      return problems.meshExists(mesh);
    }
    return succeeded({ mesh: description, setupTokens: setup.setupTokens });
  }

  /** At most `limit` meshes, the oldest first. */
  async list(limit: number = listedMax): Promise<readonly MeshDescription[]> {
    const records = await this.#store.list('meshes', limit);
    return records.map(({ record }) => meshRecord.parse(record.value).description).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
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
      if (stored === null) return enroller.kind === 'admin' ? problems.meshNotFound(mesh) : problems.setupTokenInvalid();
      const { record } = stored;
      if (!this.#mayEnrol(record, managerId, enroller)) return problems.setupTokenInvalid();
      const manager = record.description.managers.find(({ id }) => id === managerId);
      if (manager === undefined) return problems.managerNotFound(managerId);
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
  async restore(mesh: string, newManagers: NewManagers | undefined): Promise<Result<control.CreatedMesh>> {
    const stored = await this.#read(mesh);
    if (stored === null) return problems.meshNotFound(mesh);
    const { record } = stored;
    const managers = newManagers ?? record.description.managers;
    const fault = faultOf(managers);
    if (fault !== null) return problems.managersInvalid(fault);
    if (await this.#snapshots.describe(record.snapshotHead) === null) return problems.nothingToRestore();
    const incarnation = record.description.incarnation + 1;
    if (!await this.#snapshots.fence(record.snapshotHead, incarnation)) return problems.meshNotFound(mesh);
    const setup = this.#setUp(managers, record);
    const description = { ...record.description, incarnation, managers: setup.managers };
    const done = await this.#store.replace('meshes', mesh, contentOf({ ...record, description, enrolments: setup.enrolments }), stored.version);
    return done ? succeeded({ mesh: description, setupTokens: setup.setupTokens }) : problems.changedMeanwhile();
  }

  /**
   * Takes in a manager that is to join: a new one, or a new incarnation of one whose disk is gone. One that has not enrolled yet gets another
   * setup token and stays as it is, so that a join stopped half-way can be asked for again. `fresh`: whether anything was new.
   */
  async register(mesh: string, wanted: z.infer<typeof control.registerManager>): Promise<Result<control.RegisteredManager & { readonly fresh: boolean }>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(mesh);
      if (stored === null) return problems.meshNotFound(mesh);
      const { record } = stored;
      const present = record.description.managers;
      const id = wanted.id ?? nextFreeId(record);
      const before = present.find((manager) => manager.id === id);
      const waiting = before?.publicKey === null && before.url === wanted.url;
      const manager = waiting ? before : { id, url: wanted.url, publicKey: null, managerIncarnation: lastIncarnation(record, id) + 1, joined: true as const };
      const managers = before === undefined ? [...present, manager] : present.map((other) => (other.id === id ? manager : other));
      const fault = faultOf(managers);
      if (fault !== null) return problems.managersInvalid(fault);
      if (before === undefined && (record.departed?.length ?? 0) + managers.length > namesMax) return problems.tooManyNames(namesMax);
      const setupToken = nanoid(32);
      const enrolments = [...record.enrolments.filter((enrolment) => enrolment.manager !== id), { manager: id, setupTokenHash: sha256(setupToken), setupExpiresAtMs: this.#nowMs() + setupLifetimeMs }];
      const description = { ...record.description, managers };
      if (await this.#store.replace('meshes', mesh, contentOf({ ...record, description, enrolments }), stored.version)) return succeeded({ manager, setupToken, mesh: description, fresh: !waiting });
    }
    return problems.changedMeanwhile();
  }

  /** Forgets a manager that has left, up to this incarnation; a later one stays, and one that is forgotten already is fine. */
  async forget(mesh: string, managerId: string, managerIncarnation: number): Promise<Result<MeshDescription>> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const stored = await this.#read(mesh);
      if (stored === null) return problems.meshNotFound(mesh);
      const { record } = stored;
      const gone = record.description.managers.find(({ id }) => id === managerId);
      if (gone === undefined || gone.managerIncarnation > managerIncarnation) return succeeded(record.description);
      const managers = record.description.managers.filter((manager) => manager !== gone);
      if (managers.length === 0) return problems.managersInvalid('A mesh has at least one manager.');
      const description = { ...record.description, managers };
      const departed = [...(record.departed ?? []).filter(({ manager }) => manager !== managerId), { manager: managerId, managerIncarnation: gone.managerIncarnation }];
      const enrolments = record.enrolments.filter(({ manager }) => manager !== managerId);
      if (await this.#store.replace('meshes', mesh, contentOf({ ...record, description, departed, enrolments }), stored.version)) return succeeded(description);
    }
    return problems.changedMeanwhile();
  }

  async remove(mesh: string): Promise<Result<null>> {
    const stored = await this.#read(mesh);
    if (stored === null) return problems.meshNotFound(mesh);
    await this.#store.remove('meshes', mesh);
    await this.#snapshots.remove(stored.record.snapshotHead);
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
    if (enroller.kind === 'admin') return true;
    const hash = sha256(enroller.token);
    return record.enrolments.some((enrolment) => enrolment.manager === manager && enrolment.setupTokenHash === hash && enrolment.setupExpiresAtMs > this.#nowMs());
  }

  #setUp(managers: NewManagers, before: MeshRecord | null) {
    const setupTokens = managers.map(({ id }) => ({ manager: id, setupToken: nanoid(32) }));
    return {
      setupTokens,
      enrolments: setupTokens.map(({ manager, setupToken }) => ({ manager, setupTokenHash: sha256(setupToken), setupExpiresAtMs: this.#nowMs() + setupLifetimeMs })),
      managers: managers.map(({ id, url }) => ({ id, url, publicKey: null, managerIncarnation: (before === null ? 0 : lastIncarnation(before, id)) + 1 })),
    };
  }

  async #read(mesh: string): Promise<Stored | null> {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(mesh)) return null;
    const record = await this.#store.read('meshes', mesh);
    return record === null ? null : { record: meshRecord.parse(record.value), version: record.version };
  }
}

function contentOf(record: MeshRecord): RecordContent {
  return { value: record, bytes: null };
}

/** The last incarnation that a manager of this name had, 0 for none. */
function lastIncarnation({ description, departed }: MeshRecord, id: string): number {
  const known = [...description.managers.filter((manager) => manager.id === id), ...(departed ?? []).filter(({ manager }) => manager === id)];
  return Math.max(0, ...known.map(({ managerIncarnation }) => managerIncarnation));
}

/** `m4` after `m3`, whoever has left since. */
function nextFreeId({ description, departed }: MeshRecord): ManagerId {
  const names = [...description.managers.map(({ id }) => String(id)), ...(departed ?? []).map(({ manager }) => manager)];
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
