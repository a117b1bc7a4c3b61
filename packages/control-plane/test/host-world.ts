import { Snapshots } from '@raft-mesh/control-plane';
import { generateSigningKey, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { HostId, MeshDescription, control } from '@raft-mesh/protocol';
import type { HostRecord } from '../src/mesh-manager/host-record.ts';
import { Hosts } from '../src/mesh-manager/hosts.ts';
import { Meshes } from '../src/mesh-manager/meshes.ts';
import { PlacedMeshes } from '../src/mesh-manager/placed-meshes.ts';
import { Replacement } from '../src/mesh-manager/replacement.ts';
import { Succession } from '../src/mesh-manager/succession.ts';
import { MemoryStore } from './memory-store.ts';

/** Hosts and placed meshes as the control plane sees them, on a store in memory and a clock that the test moves. */
export class HostWorld {
  nowMs = 1_000_000_000_000;
  readonly store = new MemoryStore();
  readonly hosts = new Hosts(this.store, () => this.nowMs);
  readonly meshes = new Meshes(this.store, new Snapshots(this.store), () => this.nowMs);
  readonly placed = new PlacedMeshes(this.meshes, this.hosts);
  /** Who has a vote in which mesh, as `mesh manager`, and whom the meshes have put out. */
  readonly voting = new Set<string>();
  readonly putOut: string[] = [];
  readonly replacement = this.newReplacement();

  /** Of another copy of the control plane. */
  newReplacement(): Replacement {
    const placed = new PlacedMeshes(this.meshes, this.hosts);
    return new Replacement({ meshes: this.meshes, placed, hosts: this.hosts, succession: new Succession(this.meshes, placed, this.#running), nowMs: () => this.nowMs });
  }

  get #running(): ConstructorParameters<typeof Succession>[2] {
    return {
      status: ({ description: { mesh, managers } }) => Promise.resolve(succeeded({
        mesh, term: 1, leader: managers[0]?.id ?? null, commitIndex: 1, agents: [],
        managers: managers.map(({ id, url }) => ({ id, url, pid: 1, role: this.voting.has(`${mesh} ${id}`) ? 'follower' : 'learner', term: 1, commitIndex: 1, appliedIndex: 1, lastContactMs: 0 })),
      })),
      putOut: (_record, { id, managerIncarnation }) => {
        this.putOut.push(`${id}#${managerIncarnation}`);
        return Promise.resolve(succeeded(null));
      },
    };
  }

  async register(host: string, more: Partial<control.RegisterHost> = {}): Promise<HostRecord> {
    valueOf(await this.hosts.register({ host: host as HostId, url: `http://127.0.0.1:${7100 + Number(host.slice(1))}`, publicKey: generateSigningKey().x, apps: ['game'], managersMax: 100, ...more }));
    return valueOf(await this.hosts.find(host));
  }

  /** A host does all that there is to do, as far as the control plane can see. */
  async obey(host: string, managers: number): Promise<readonly control.HostOrder[]> {
    const record = valueOf(await this.hosts.find(host));
    const { orders } = valueOf(await this.hosts.beat(record, { acknowledged: record.acknowledged, managers }));
    for (const { order, mesh, manager } of orders) if (order === 'place') await this.meshes.enrol(mesh, manager, generateSigningKey().x, { kind: 'host', host });
    valueOf(await this.hosts.beat(record, { acknowledged: orders.at(-1)?.number ?? record.acknowledged, managers }));
    return orders;
  }

  async described(mesh: string): Promise<MeshDescription> {
    return valueOf(await this.meshes.find(mesh)).description;
  }
}

export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.problem.code);
