import type { NodeId } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';
import { hasQuorum } from './quorums.ts';

/** By a leader's own clock, in ms. More than the longest election timeout that any group of a run has, and the heartbeat at which it is noticed. */
const unheardMaxMs = 3_500;
/** A leader that did not run for as long could not hear anyone. */
const asleepMs = 300;

/** A leader that no quorum answers any more gives up (check-quorum, thesis §6.2): nobody who asks it may wait for ever. */
export class LeaderIsHeard implements Checker {
  readonly name = 'leaderIsHeard';
  readonly kinds = ['stepped'] as const;
  readonly #mirror: ClusterMirror;
  /** Since when each leader has led, and run without a break, by its own clock. */
  readonly #awake = new Map<NodeId, { sinceMs: number; lastMs: number }>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const mirror = this.#mirror.follow(observation);
    if (observation.kind !== 'stepped') return;
    const { id, status, before } = mirror;
    const { nowMs } = observation.step;
    if (status?.role !== 'leader') { this.#awake.delete(id); return; }
    const awake = this.#awake.get(id);
    if (awake === undefined || before?.role !== 'leader' || before.term !== status.term || status.quiescent || before.quiescent || nowMs - awake.lastMs > asleepMs) {
      this.#awake.set(id, { sinceMs: nowMs, lastMs: nowMs });
      return;
    }
    awake.lastMs = nowMs;
    if (observation.step.input.type === 'time' && nowMs - awake.sinceMs > unheardMaxMs) this.#check(mirror, nowMs);
  }

  #check({ id, status }: NodeMirror, nowMs: number): void {
    if (status === null) return;
    const heard = new Set<NodeId>([id]);
    for (const peer of status.peers) if (nowMs - (peer.lastContactAtMs ?? Number.NEGATIVE_INFINITY) <= unheardMaxMs) heard.add(peer.id);
    if (hasQuorum(status.configuration, (voter) => heard.has(voter))) return;
    throw new Violation(this.name, `${id} goes on leading term ${status.term}, though in ${unheardMaxMs} ms only ${[...heard].join(', ')} could be heard`);
  }
}
