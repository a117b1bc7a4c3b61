import type * as z from 'zod/mini';
import type { HostId, ManagerDescription, ManagerId, MeshDescription, control } from '@raft-mesh/protocol';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { StoredDocumentError } from '../state-manager/stored-document.ts';
import type { Draw } from './draw.ts';
import type { HostRecord } from './host-record.ts';
import type { Hosts } from './hosts.ts';
import type { MeshRecord } from './mesh-record.ts';
import { nextFreeId } from './meshes.ts';
import type { Meshes, NewManagers } from './meshes.ts';
import { choosePlaces } from './placement.ts';
import type { Candidate } from './placement.ts';
import { problems } from './problems.ts';

const managersMax = 7;
const meshesALook = 200;

/**
 * Meshes whose managers the control plane has its hosts run, beside those whose managers somebody else runs. The mesh's own record says which manager is on which host;
 * an order tells the host. The record comes first: what is ordered exists, and an order that got lost on the way is given again by whoever looks (see `Replacement`).
 */
export class PlacedMeshes {
  readonly #meshes: Meshes;
  readonly #hosts: Hosts;
  /** What this copy has placed on a host since that said how much it holds. Of no account when lost: loads are then a second old. */
  readonly #placed = new Map<string, { readonly lastSeenMs: number; count: number }>();

  constructor(meshes: Meshes, hosts: Hosts) {
    this.#meshes = meshes;
    this.#hosts = hosts;
  }

  async create({ placed, managers, ...body }: z.infer<typeof control.createMesh>, draw: Draw): Promise<Result<control.CreatedMesh>> {
    if ((placed === undefined) === (managers === undefined)) return problems.managersInvalid('Either `managers` says where they are, or `placed` how many hosts are to run.');
    if (managers !== undefined) return this.#meshes.create({ ...body, managers }, draw);
    if (placed === undefined || placed > managersMax) return problems.managersInvalid(`A mesh has 1 to ${managersMax} managers.`);
    const chosen = await this.#choose(body.app, Array.from({ length: placed }, (_, at) => `m${at + 1}` as ManagerId));
    if (!chosen.ok) return chosen;
    const created = await this.#meshes.create({ ...body, managers: chosen.value }, draw);
    if (!created.ok) return created;
    await this.order('place', created.value.mesh, created.value.mesh.managers.filter(({ publicKey }) => publicKey === null));
    return succeeded({ mesh: created.value.mesh, setupTokens: [] });
  }

  /** Hosts are told first: a mesh that nobody knows any more would stay on them for ever. */
  async remove(mesh: string): Promise<Result<null>> {
    const description = await this.#readableDescription(mesh);
    if (description !== null) await this.order('remove', description, description.managers);
    return this.#meshes.remove(mesh);
  }

  /** `null`: there is no such mesh, or its record is damaged, so that nobody knows its managers. */
  async #readableDescription(mesh: string): Promise<MeshDescription | null> {
    try {
      const found = await this.#meshes.find(mesh);
      return found.ok ? found.value.description : null;
    } catch (error) {
      if (error instanceof StoredDocumentError && error.fault === 'damaged') return null;
      throw error;
    }
  }

  /** A placed mesh comes back on whatever hosts live. */
  async restore(mesh: string, managers: NewManagers | undefined, draw: Draw): Promise<Result<control.CreatedMesh>> {
    const found = await this.#meshes.find(mesh);
    if (!found.ok) return found;
    const before = found.value.description;
    const isPlaced = managers === undefined && before.managers.every(({ host }) => host !== undefined);
    if (!isPlaced) return this.#meshes.restore(mesh, managers, draw);
    const chosen = await this.#choose(before.app, withoutPredecessors(before.managers).map(({ id }) => id));
    if (!chosen.ok) return chosen;
    const restored = await this.#meshes.restore(mesh, chosen.value, draw);
    if (!restored.ok) return restored;
    const after = restored.value.mesh;
    await this.order('place', after, after.managers);
    if (before.incarnation < after.incarnation) await this.order('remove', before, before.managers);
    return succeeded({ mesh: after, setupTokens: [] });
  }

  /**
   * Gives a manager whose host is gone another host, under a new incarnation: the old one has no say any more once the mesh has taken the new one in. `null`: no host has room,
   * or somebody else was quicker.
   */
  async replace({ description }: MeshRecord, lost: ManagerDescription, draw: Draw): Promise<MeshDescription | null> {
    const place = await this.#placeBeside(description, lost.id);
    if (place === null) return null;
    const registered = await this.#meshes.register(description.mesh, place, draw);
    if (!registered.ok) return null;
    const { mesh, manager } = registered.value;
    await this.order('place', mesh, [manager]);
    await this.order('remove', description, [lost]);
    return mesh;
  }

  /**
   * Gives a manager whose host is being drained a successor on another host, under a name of its own, which comes to the mesh as any new manager does. The one that leaves stays, with
   * its vote, until the successor has one (`Succession`). `null`: no host has room, or somebody else was quicker.
   */
  async beginMove(record: MeshRecord, leaving: ManagerDescription, draw: Draw): Promise<MeshDescription | null> {
    const { description } = record;
    const place = await this.#placeBeside(description, nextFreeId(record));
    if (place === null) return null;
    const registered = await this.#meshes.register(description.mesh, place, draw, leaving);
    if (!registered.ok) return null;
    await this.order('place', registered.value.mesh, [registered.value.manager]);
    return registered.value.mesh;
  }

  /** The mesh has put this manager out. */
  async endMove(description: MeshDescription, left: ManagerDescription): Promise<void> {
    await this.order('remove', description, [left]);
    // Forgotten last: until then whoever looks does all of this again.
    await this.#meshes.forget(description.mesh, left.id, left.managerIncarnation);
  }

  /** Whether any mesh has a manager there, by its record. */
  async holdsAny(host: string): Promise<boolean> {
    for (let after: string | null = null; ;) {
      const { meshes, next }: control.MeshList = await this.#meshes.list({ limit: meshesALook, after });
      if (meshes.some(({ managers }) => managers.some((manager) => manager.host === host))) return true;
      if (next === null) return false;
      after = next;
    }
  }

  /** A place apart from the other managers of the mesh, where there is one. */
  async #placeBeside({ app, managers }: MeshDescription, id: ManagerId): Promise<(NewManagers[number] & { readonly host: HostId }) | null> {
    const others = managers.filter((manager) => manager.id !== id).flatMap(({ host }) => host ?? []);
    const chosen = await this.#choose(app, [id], others);
    return chosen.ok ? (chosen.value[0] ?? null) : null;
  }

  /** Managers that no host runs are passed over. */
  async order(order: 'place' | 'remove', { mesh, incarnation, publicKey }: MeshDescription, managers: readonly ManagerDescription[]): Promise<void> {
    for (const { id, managerIncarnation, host } of managers) {
      if (host !== undefined) await this.#hosts.order(host, { order, mesh, incarnation, publicKey, manager: id, managerIncarnation });
    }
  }

  async #choose(app: string, ids: readonly ManagerId[], taken: readonly string[] = []): Promise<Result<readonly (NewManagers[number] & { readonly host: HostId })[]>> {
    const alive = (await this.#hosts.all()).filter((host) => !this.#hosts.isGone(host) && !host.isDraining && host.apps.includes(app));
    if (alive.length === 0) return problems.noHostFits(`No host that lives, and is not being drained, lists the app ${app}.`);
    const chosen = choosePlaces(alive.map((host) => this.#candidate(host)), ids.length, taken);
    if (chosen === null) return problems.noHostFits(`The hosts that list the app ${app} have no room for ${ids.length} more managers.`);
    return succeeded(chosen.flatMap((host, at) => {
      const id = ids[at];
      this.#count(host);
      return id === undefined ? [] : [{ id, host: host.host, url: `${host.url.replace(/\/$/, '')}/managers/${id}` }];
    }));
  }

  #candidate(host: HostRecord): Candidate {
    const since = this.#placed.get(host.host);
    return { host, load: host.managers + (since?.lastSeenMs === host.lastSeenMs ? since.count : 0) };
  }

  #count({ host, lastSeenMs }: HostRecord): void {
    const since = this.#placed.get(host);
    if (since?.lastSeenMs === lastSeenMs) since.count += 1;
    else this.#placed.set(host, { lastSeenMs, count: 1 });
  }
}

/** Who stays, once everybody who is to take another's place has it. */
export function withoutPredecessors(managers: readonly ManagerDescription[]): readonly ManagerDescription[] {
  return managers.filter((manager) => successorOf(managers, manager) === null);
}

/** Who is to take the place of this very manager; `null`: nobody. */
export function successorOf(managers: readonly ManagerDescription[], { id, managerIncarnation }: ManagerDescription): ManagerDescription | null {
  return managers.find(({ succeeds }) => succeeds?.id === id && succeeds.managerIncarnation === managerIncarnation) ?? null;
}
