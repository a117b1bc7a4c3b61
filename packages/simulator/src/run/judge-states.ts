import type { App } from '@raft-mesh/state-machine';
import { StateMachine } from '@raft-mesh/state-machine';
import { Violation } from '../checkers/checker.ts';
import type { ManagerHost } from '../world/manager-host.ts';

/** What is looked at of a manager; `manager` is `null` when it does not run. */
type Replica = Pick<ManagerHost, 'node'> & { readonly manager: Pick<NonNullable<ManagerHost['manager']>, 'snapshot'> | null };

/**
 * Replicas that have applied the same entries are the same, down to what no answer has shown yet: each state, made anew from a snapshot
 * of itself, has one digest with all others of its index. Throws a `Violation`.
 */
export function judgeStates(app: App, hosts: Iterable<Replica>): void {
  const first = new Map<number, { readonly node: string; readonly digest: string }>();
  for (const { manager, node } of hosts) {
    if (manager === null) continue;
    const { snapshot } = manager.snapshot();
    const digest = StateMachine.restore(app, snapshot.parts()).stateDigest();
    const other = first.get(snapshot.index);
    if (other === undefined) first.set(snapshot.index, { node, digest });
    else if (other.digest !== digest) throw new Violation('stateEquality', `after entry ${snapshot.index} the whole state of ${node} differs from that of ${other.node}`);
  }
}
