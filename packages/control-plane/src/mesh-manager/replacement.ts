import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ManagerDescription, MeshDescription } from '@raft-mesh/protocol';
import { Draw } from './draw.ts';
import type { HostRecord } from './host-record.ts';
import type { Hosts } from './hosts.ts';
import type { Meshes } from './meshes.ts';
import { successorOf } from './placed-meshes.ts';
import type { PlacedMeshes } from './placed-meshes.ts';
import type { Succession } from './succession.ts';
import { problems } from './problems.ts';

/** How often one copy of the control plane looks, at most. */
const lookIntervalMs = 2_000;
const meshesALook = 200;
const movesAtOnce = 8;
/** A mesh this young may still be about to be ordered by whoever makes it. */
const youngMs = 60_000;

export interface ReplacementOptions {
  readonly meshes: Meshes;
  readonly placed: PlacedMeshes;
  readonly hosts: Hosts;
  readonly succession: Pick<Succession, 'look'>;
  /** Wall clock. */
  readonly nowMs: () => number;
}

/**
 * Keeps managers placed on hosts that live and are to stay. Whenever hosts beat, some meshes are looked at: a manager whose host is gone is placed elsewhere, one whose host
 * is being drained moves to another, and one that was placed and whose host never heard of it is ordered again. Every copy of the control plane may do so at the same time: each step is a compare-and-set, or harmless twice.
 */
export class Replacement {
  readonly #meshes: Meshes;
  readonly #placed: PlacedMeshes;
  readonly #hosts: Hosts;
  readonly #nowMs: () => number;
  readonly #succession: Pick<Succession, 'look'>;
  #nextLookAtMs = 0;
  #after: string | null = null;
  /** Hosts that were gone all through the round so far, with no manager found on them. */
  #empty: ReadonlySet<string> | null = null;
  #looking: Promise<void> | null = null;

  constructor({ meshes, placed, hosts, succession, nowMs }: ReplacementOptions) {
    this.#succession = succession;
    this.#meshes = meshes;
    this.#placed = placed;
    this.#hosts = hosts;
    this.#nowMs = nowMs;
  }

  /** Some look, if it is time for one. */
  look(): Promise<void> {
    if (this.#looking !== null || this.#nowMs() < this.#nextLookAtMs) return this.#looking ?? Promise.resolve();
    this.#nextLookAtMs = this.#nowMs() + lookIntervalMs;
    this.#looking = this.#lookAtSome().finally(() => { this.#looking = null; });
    return this.#looking;
  }

  /** What this manager knew is lost, while its host lives. */
  async replaceLost(mesh: string, host: string, manager: string, managerIncarnation: number): Promise<Result<MeshDescription>> {
    const found = await this.#meshes.find(mesh);
    if (!found.ok) return found;
    const { managers } = found.value.description;
    const lost = managers.find((known) => known.id === manager && known.managerIncarnation === managerIncarnation);
    if (lost === undefined || lost.host !== host) return problems.notPlacedHere(host);
    const hosts = new Map((await this.#hosts.all()).map((known) => [String(known.host), known]));
    if (this.#alive(managers, hosts).filter(({ id }) => id !== manager).length * 2 <= managers.length) return problems.majorityLost();
    const replaced = await this.#placed.replace(found.value, lost, Draw.random());
    return replaced === null ? problems.noHostFits('No host has room for it, or somebody else has placed it anew.') : succeeded(replaced);
  }

  async #lookAtSome(): Promise<void> {
    const hosts = new Map((await this.#hosts.all()).map((host) => [String(host.host), host]));
    const gone = new Set([...hosts.values()].filter((host) => this.#hosts.isGone(host) && !host.isEmptied).map(({ host }) => String(host)));
    this.#empty = this.#after === null || this.#empty === null ? gone : new Set([...this.#empty].filter((host) => gone.has(host)));
    const { meshes, next } = await this.#meshes.list({ limit: meshesALook, after: this.#after });
    for (const mesh of meshes) {
      const held = await this.#lookAt(mesh, hosts);
      this.#empty = new Set([...this.#empty].filter((host) => !held.includes(host)));
    }
    const moving = meshes.filter(({ managers }) => managers.some(({ succeeds }) => succeeds !== undefined));
    for (let at = 0; at < moving.length; at += movesAtOnce) await Promise.all(moving.slice(at, at + movesAtOnce).map((mesh) => this.#succession.look(mesh)));
    this.#after = next;
    if (next === null) for (const host of this.#empty) await this.#hosts.markEmptied(host);
    // While something is to be moved, the next look follows at once.
    if (gone.size > 0 && next !== null) this.#nextLookAtMs = 0;
  }

  /** The hosts that are gone and still hold managers of this mesh. */
  async #lookAt(description: MeshDescription, hosts: ReadonlyMap<string, HostRecord>): Promise<readonly string[]> {
    const held: string[] = [];
    const isYoung = this.#nowMs() - Date.parse(description.createdAt) < youngMs;
    for (const manager of description.managers) {
      if (manager.host === undefined) continue;
      const host = hosts.get(manager.host);
      if (host === undefined || this.#hosts.isGone(host)) {
        held.push(manager.host);
        // Its successor is on its way.
        if (successorOf(description.managers, manager) !== null) continue;
        const record = await this.#meshes.find(description.mesh);
        const isStill = record.ok && record.value.description.managers.some(({ id, managerIncarnation }) => id === manager.id && managerIncarnation === manager.managerIncarnation);
        if (record.ok && isStill && this.#mayLose(record.value.description, hosts)) await this.#placed.replace(record.value, manager, Draw.random());
      } else if (manager.publicKey === null && !isYoung) await this.#placed.order('place', description, [manager]);
      else if (host.isDraining) await this.#move(description, manager, hosts);
    }
    return held;
  }

  /** One manager of a mesh at a time, and only while the mesh has all of them. */
  async #move({ mesh, managers }: MeshDescription, { id, managerIncarnation }: ManagerDescription, hosts: ReadonlyMap<string, HostRecord>): Promise<void> {
    if (managers.some(({ succeeds }) => succeeds !== undefined) || this.#alive(managers, hosts).length < managers.length) return;
    const record = await this.#meshes.find(mesh);
    const leaving = record.ok ? record.value.description.managers.find((manager) => manager.id === id && manager.managerIncarnation === managerIncarnation) : undefined;
    if (record.ok && leaving !== undefined) await this.#placed.beginMove(record.value, leaving, Draw.random());
  }

  /** With no majority left there is nobody who could take a newcomer in: then only the lost host itself, or a restore, brings the mesh back. */
  #mayLose({ managers }: MeshDescription, hosts: ReadonlyMap<string, HostRecord>): boolean {
    return this.#alive(managers, hosts).length * 2 > managers.length;
  }

  #alive(managers: MeshDescription['managers'], hosts: ReadonlyMap<string, HostRecord>): MeshDescription['managers'] {
    return managers.filter(({ host, publicKey }) => publicKey !== null && (host === undefined || !this.#isGone(hosts.get(host))));
  }

  #isGone(host: HostRecord | undefined): boolean {
    return host === undefined || this.#hosts.isGone(host);
  }
}
