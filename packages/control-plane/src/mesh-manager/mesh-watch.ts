import { isDeepStrictEqual } from 'node:util';
import type { MeshStatus, control } from '@raft-mesh/protocol';
import type { MeshAgents } from './mesh-agents.ts';
import type { Meshes } from './meshes.ts';

const lookIntervalMs = 1_000;
/** Everybody who watches, at this copy. */
const watchersMax = 1_000;

/** What one watcher is told. After `end` nothing more comes. */
export interface Watcher {
  tell(event: control.MeshEvent): void;
  end(): void;
}

interface Watched {
  readonly watchers: Set<Watcher>;
  last: MeshStatus | null;
  timer: NodeJS.Timeout | null;
}

/** Looks at meshes while somebody watches them, each mesh once a second for all its watchers, and tells what has changed. Whoever begins is told everything first. */
export class MeshWatch {
  readonly #meshes: Pick<Meshes, 'find'>;
  readonly #agents: Pick<MeshAgents, 'status'>;
  readonly #watched = new Map<string, Watched>();
  #count = 0;

  constructor(meshes: Pick<Meshes, 'find'>, agents: Pick<MeshAgents, 'status'>) {
    this.#meshes = meshes;
    this.#agents = agents;
  }

  get hasRoom(): boolean {
    return this.#count < watchersMax;
  }

  /** Until the function that it gives is called. */
  watch(mesh: string, watcher: Watcher): () => void {
    const watched = this.#watched.get(mesh) ?? { watchers: new Set<Watcher>(), last: null, timer: null };
    if (!this.#watched.has(mesh)) {
      this.#watched.set(mesh, watched);
      void this.#look(mesh, watched);
    } else if (watched.last !== null) watcher.tell({ event: 'status', status: watched.last });
    watched.watchers.add(watcher);
    this.#count += 1;
    return () => {
      if (!watched.watchers.delete(watcher)) return;
      this.#count -= 1;
      if (watched.watchers.size === 0) this.#forget(mesh, watched);
    };
  }

  async #look(mesh: string, watched: Watched): Promise<void> {
    let status: MeshStatus | null = null;
    try {
      const found = await this.#meshes.find(mesh);
      if (!found.ok) {
        this.#forget(mesh, watched);
        for (const watcher of watched.watchers) watcher.tell({ event: 'meshDeleted' });
        for (const watcher of watched.watchers) watcher.end();
        return;
      }
      const asked = await this.#agents.status(found.value);
      status = asked.ok ? asked.value : null;
    } catch {
      // What cannot be read now is looked at again; who watches hears nothing new until then.
    }
    if (status !== null) {
      for (const event of changes(watched.last, status)) for (const watcher of watched.watchers) watcher.tell(event);
      watched.last = status;
    }
    if (watched.watchers.size > 0) watched.timer = setTimeout(() => { void this.#look(mesh, watched); }, lookIntervalMs);
  }

  #forget(mesh: string, watched: Watched): void {
    if (watched.timer !== null) clearTimeout(watched.timer);
    if (this.#watched.get(mesh) === watched) this.#watched.delete(mesh);
  }
}

/** What became otherwise between two looks; the first look is one event. Counters that always move are no news. */
export function changes(before: MeshStatus | null, after: MeshStatus): readonly control.MeshEvent[] {
  if (before === null) return [{ event: 'status', status: after }];
  const events: control.MeshEvent[] = [];
  if (before.leader !== after.leader || before.term !== after.term) events.push({ event: 'leaderChanged', leader: after.leader, term: after.term });
  for (const manager of after.managers) {
    const known = before.managers.find(({ id }) => id === manager.id);
    if (known?.role !== manager.role || known.url !== manager.url || known.pid !== manager.pid) events.push({ event: 'managerChanged', manager });
  }
  for (const { id } of before.managers) if (!after.managers.some((manager) => manager.id === id)) events.push({ event: 'managerLeft', manager: id });
  for (const agent of after.agents) {
    const known = before.agents.find(({ id }) => id === agent.id);
    if (known === undefined) events.push({ event: 'agentJoined', agent });
    else if (!isDeepStrictEqual({ ...known, lastSeenMs: 0 }, { ...agent, lastSeenMs: 0 })) events.push({ event: 'agentChanged', agent });
  }
  // Without anybody who answers nobody can say who is in.
  if (after.managers.every(({ role }) => role === 'unreachable')) return events;
  for (const { id } of before.agents) if (!after.agents.some((agent) => agent.id === id)) events.push({ event: 'agentLeft', agent: id });
  return events;
}
