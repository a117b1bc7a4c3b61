import type { ManagerIdentity } from '@raft-mesh/protocol';

/** The labels of one manager's series. */
export interface ManagerLabels { readonly mesh: string; readonly manager: string }

const others: ManagerLabels = { mesh: '(others)', manager: '(others)' };

/**
 * Who has series of its own: the first so many managers of a process. Those beyond share one set of labels, so that a host of thousands of meshes does
 * not fill the memory of whoever collects.
 */
export class LabelledManagers {
  readonly #max: number;
  readonly #taken = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  take({ mesh, manager }: ManagerIdentity): { readonly labels: ManagerLabels; readonly isShared: boolean; release(): void } {
    const name = `${mesh} ${manager}`;
    if (this.#taken.size >= this.#max && !this.#taken.has(name)) return { labels: others, isShared: true, release: () => {} };
    this.#taken.add(name);
    return { labels: { mesh, manager }, isShared: false, release: () => { this.#taken.delete(name); } };
  }
}
