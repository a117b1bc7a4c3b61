import type { MeshDescription } from '@raft-mesh/protocol';
import type { MeshAgents } from './mesh-agents.ts';
import type { MeshRecord } from './mesh-record.ts';
import type { Meshes } from './meshes.ts';
import type { PlacedMeshes } from './placed-meshes.ts';

/** What is asked of the mesh itself. */
type RunningMesh = Pick<MeshAgents, 'status' | 'putOut'>;

/** Ends moves of managers from one host to another: whoever is succeeded leaves its mesh once its successor has a vote, and not before. Each step may be done again, by any copy of the control plane. */
export class Succession {
  readonly #meshes: Meshes;
  readonly #placed: PlacedMeshes;
  readonly #agents: RunningMesh;

  constructor(meshes: Meshes, placed: PlacedMeshes, agents: RunningMesh) {
    this.#meshes = meshes;
    this.#placed = placed;
    this.#agents = agents;
  }

  async look({ mesh }: Pick<MeshDescription, 'mesh'>): Promise<void> {
    const found = await this.#meshes.find(mesh);
    if (!found.ok) return;
    const { description } = found.value;
    const successor = description.managers.find(({ succeeds }) => succeeds !== undefined);
    if (successor?.succeeds === undefined) return;
    const { id, managerIncarnation } = successor.succeeds;
    const left = description.managers.find((manager) => manager.id === id && manager.managerIncarnation === managerIncarnation);
    // Somebody else has put it out, or replaced it: then there is nobody to succeed.
    if (left === undefined) {
      await this.#meshes.endSuccession(mesh, successor.id);
      return;
    }
    if (successor.publicKey === null || !await this.#votes(found.value, successor.id)) return;
    if ((await this.#agents.putOut(found.value, left)).ok) await this.#placed.endMove(description, left);
  }

  /** As the leader knows whom a majority follows. */
  async #votes(record: MeshRecord, id: string): Promise<boolean> {
    const status = await this.#agents.status(record);
    if (!status.ok || status.value.leader === null) return false;
    return status.value.managers.some((manager) => manager.id === id && (manager.role === 'leader' || manager.role === 'follower'));
  }
}
