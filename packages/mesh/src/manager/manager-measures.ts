import type { RaftStatus } from '@raft-mesh/raft';
import type { AgentStatus } from '@raft-mesh/state-machine';

/** What can be counted of a manager at a moment: cheap to ask for, and nothing that a viewer may not see. */
export interface ManagerMeasures {
  readonly raft: RaftStatus;
  /** Agents of the mesh that are not shut out, by status. */
  readonly agents: Readonly<Record<AgentStatus, number>>;
  /** Workers linked to this manager. */
  readonly workerLinks: number;
  /** Commands on their way into the log, or back. */
  readonly openCommands: number;
  readonly openCommandsBytes: number;
  /** False while the disk is full. */
  readonly hasRoom: boolean;
}

export function countAgents(members: Iterable<{ readonly status: AgentStatus; readonly revoked: boolean }>): ManagerMeasures['agents'] {
  const counts = { alive: 0, suspect: 0, dead: 0 };
  for (const { status, revoked } of members) if (!revoked) counts[status] += 1;
  return counts;
}
