import type { ManagerIdentity, ManagerStatus } from '@raft-mesh/protocol';
import { managerIncarnationOf, managerOf } from '@raft-mesh/protocol';
import type { NodeId, RaftStatus } from '@raft-mesh/raft';
import type { App } from '@raft-mesh/state-machine';
import { membersOf } from './membership.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { PeerLinks } from './peer-links.ts';
import type { Replica } from './replica.ts';

export interface StatusSources {
  readonly identity: ManagerIdentity;
  readonly url: string;
  readonly pid: number;
  readonly app: App;
  readonly bootId: string;
  readonly self: NodeId;
  readonly nowMs: number;
  readonly raft: RaftStatus;
  readonly replica: Replica;
  readonly peers: PeerLinks;
  readonly heartbeats: Heartbeats;
}

/** What one manager says of itself. Ages are in ms by its own clock, rounded. */
export function managerStatusOf(sources: StatusSources): ManagerStatus {
  const { identity, raft, replica, peers, heartbeats, nowMs, self } = sources;
  const { configuration } = raft;
  const lastContactMs = (node: NodeId): number | null => {
    if (node === self) return 0;
    const atMs = peers.lastSignAtMs(node);
    return atMs === null ? null : Math.max(0, Math.round(nowMs - atMs));
  };
  const membership = (node: NodeId): ManagerStatus['managers'][number]['membership'] => {
    if (configuration.voters.some(({ id }) => id === node)) return 'voter';
    return configuration.learners.some(({ id }) => id === node) ? 'learner' : 'leaving';
  };
  return {
    mesh: identity.mesh, incarnation: identity.incarnation, id: identity.manager, managerIncarnation: identity.managerIncarnation,
    url: sources.url, pid: sources.pid, bootId: sources.bootId,
    role: raft.role, term: raft.term, leader: raft.leader === null ? null : managerOf(raft.leader),
    commitIndex: raft.commitIndex, appliedIndex: replica.machine.appliedIndex, lastIndex: raft.lastIndex, firstIndex: raft.firstIndex,
    logTimeMs: Math.floor(raft.logTimeMs), runningDigest: replica.machine.runningDigest,
    // Hashing the whole state takes a while: only who reads it (in the same turn) waits for it.
    get stateDigest() { return replica.stateDigest; },
    managers: membersOf(configuration).map(({ id, address }) => ({
      id: managerOf(id), managerIncarnation: managerIncarnationOf(id), url: address, membership: membership(id), lastContactMs: lastContactMs(id), ...peers.traffic(id),
    })),
    configurationIndex: raft.configurationIndex, quiescent: raft.quiescent,
    agents: replica.machine.members().filter((member) => !member.revoked)
      .map(({ agent, name, kind, status }) => ({ id: agent, name, kind, status, lastSeenMs: heartbeats.heardAgoMs(agent) })),
    app: sources.app.name,
  };
}
