import type { Configuration, Entry, Member, NodeId } from '@raft-mesh/raft';

/** What the checkers see of one node. `log` is the log in its memory, `durableTermAt` what its disk holds. */
export interface Observed {
  readonly id: NodeId;
  readonly term: number;
  readonly commitIndex: number;
  readonly snapshotIndex: number;
  readonly log: readonly Entry[];
  /** What was in force when it last committed something; left out when everyone votes. */
  readonly configuration?: Configuration;
  durableTermAt(index: number): number | 'snapshot' | undefined;
}

/** The safety properties of the paper's Figure 3, and that commits rest on disks, checked as the run goes. Each throws on a breach. */
export class SafetyCheckers {
  readonly #leaderOfTerm = new Map<number, NodeId>();
  /** Term and digest of every index that any node has called committed. */
  readonly #committed = new Map<number, Entry>();
  readonly #last = new Map<NodeId, { term: number; commitIndex: number }>();
  #lastCommitted: Configuration | null;
  commitIndexMax = 0;
  /** Configurations committed, joint ones too. */
  changes = 0;

  /** `initial` is in force before the first entry; without it the first change is taken on trust. */
  constructor(initial: Configuration | null = null) {
    this.#lastCommitted = initial;
  }

  /** As of the last entry that any node has called committed. */
  get committedConfiguration(): Configuration | null { return this.#lastCommitted; }

  /** Election safety: at most one leader a term. Leader completeness: it holds everything committed in earlier terms. */
  becameLeader(node: Observed): void {
    const other = this.#leaderOfTerm.get(node.term);
    if (other !== undefined && other !== node.id) throw new Error(`${other} and ${node.id} both lead term ${node.term}`);
    this.#leaderOfTerm.set(node.term, node.id);
    for (const [index, entry] of this.#committed) {
      if (index <= node.snapshotIndex || entry.term > node.term) continue;
      if (entryAt(node.log, index)?.term !== entry.term) throw new Error(`leader ${node.id} of term ${node.term} lacks committed entry ${index}`);
    }
  }

  /** Committed entries never change, and when first committed are durable on a majority. Terms and commit indexes never fall. */
  observe(node: Observed, everyone: () => readonly Observed[]): void {
    const last = this.#last.get(node.id);
    if (last !== undefined && (node.term < last.term || node.commitIndex < last.commitIndex)) throw new Error(`${node.id} went back in term or commit index`);
    for (let index = Math.max(last?.commitIndex ?? 0, node.snapshotIndex) + 1; index <= node.commitIndex; index++) {
      const entry = entryAt(node.log, index);
      if (entry === undefined) throw new Error(`${node.id} committed ${index}, which is not in its log`);
      const known = this.#committed.get(index);
      if (known === undefined) {
        const all = everyone();
        const holders = all.filter((other) => [entry.term, 'snapshot'].includes(other.durableTermAt(index) ?? -1)).map(({ id }) => id);
        for (const voters of voterSets(node.configuration, all)) {
          const holding = voters.filter((id) => holders.includes(id)).length;
          if (holding * 2 <= voters.length) throw new Error(`entry ${index} was committed with ${holding} of ${voters.length} disks`);
        }
        if ((this.#committed.get(index - 1)?.logTimeMs ?? 0) > entry.logTimeMs) throw new Error(`log time fell at ${index}`);
        this.#committed.set(index, entry);
        if (entry.kind === 'configuration') this.#changed(index, entry.configuration);
      } else if (known !== entry && (known.term !== entry.term || known.logTimeMs !== entry.logTimeMs)) {
        throw new Error(`${node.id} committed another entry at ${index}`);
      }
    }
    this.#last.set(node.id, { term: node.term, commitIndex: node.commitIndex });
    this.commitIndexMax = Math.max(this.commitIndexMax, node.commitIndex);
  }

  /** Other voters come only by a joint configuration, of the old set and the new, which then gives way to the new. */
  #changed(index: number, next: Configuration): void {
    const last = this.#lastCommitted;
    this.#lastCommitted = next;
    this.changes++;
    if (last === null) return;
    const entersJoint = next.votersOutgoing.length > 0;
    const isStep = idsOf(entersJoint ? next.votersOutgoing : next.voters) === idsOf(last.voters) && !(entersJoint && last.votersOutgoing.length > 0);
    if (!isStep || next.voters.length === 0) throw new Error(`the configuration committed at ${index} does not follow from the one before`);
  }

  /** A restart knows no commits, and no term that had not reached the disk. */
  restarted(id: NodeId): void {
    this.#last.delete(id);
  }

  /** Log matching: where two logs have the same term at an index, everything before is the same. */
  logsMatch(nodes: readonly Observed[]): void {
    for (const left of nodes) {
      for (const right of nodes) {
        if (left.id >= right.id) continue;
        let agree = false;
        for (let index = Math.min(left.log.at(-1)?.index ?? 0, right.log.at(-1)?.index ?? 0); index > 0; index--) {
          const one = entryAt(left.log, index);
          const two = entryAt(right.log, index);
          if (one === undefined || two === undefined) break;
          if (one.term === two.term) agree = true;
          else if (agree) throw new Error(`logs of ${left.id} and ${right.id} differ at ${index}, below an index where they agree`);
        }
      }
    }
  }
}

/** Each set of which a majority must hold what is committed. */
function voterSets(configuration: Configuration | undefined, all: readonly Observed[]): readonly (readonly NodeId[])[] {
  if (configuration === undefined) return [all.map(({ id }) => id)];
  return [configuration.voters, configuration.votersOutgoing].filter((set) => set.length > 0).map((set) => set.map(({ id }) => id));
}

function idsOf(members: readonly Member[]): string {
  return members.map(({ id }) => id).sort().join();
}

function entryAt(log: readonly Entry[], index: number): Entry | undefined {
  const first = log[0];
  return first === undefined ? undefined : log[index - first.index];
}
