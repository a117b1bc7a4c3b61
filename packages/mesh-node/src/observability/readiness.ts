import type { ManagerMeasures } from '@raft-mesh/mesh';

/** Why a manager cannot serve now, as a code; `null`: it can. */
export function notReadyReason(measures: ManagerMeasures | null): string | null {
  if (measures === null) return 'stopped';
  if (!measures.hasRoom) return 'diskFull';
  return measures.raft.leader === null ? 'noLeader' : null;
}
