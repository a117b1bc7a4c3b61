import type { ManagerId } from '@raft-mesh/protocol';
import type { ChaosControl, Direction } from '../control/chaos-control.ts';

/** What lies between the processes of a cluster, and can be broken. */
export interface ClusterNetwork {
  readonly managers: readonly { readonly id: ManagerId; readonly url: string; /** Address to listen at. */ readonly host: string }[];
  /** Whether links can be made slow, and clients parted from managers. */
  readonly can: { readonly slowLinks: boolean; readonly partClients: boolean };
  /** What a manager's program is run by, when it is not run as it is. */
  runBy(id: ManagerId): readonly string[];
  /** Resolves when it is so. */
  setLinks(cuts: readonly Direction[], delays: ChaosControl['delays']): Promise<void>;
  /** Where clients of a group are to dial a manager. */
  dialAddress(group: string): (address: string) => string;
  stop(): Promise<void>;
}

export const managerIds = (count: number): readonly ManagerId[] => Array.from({ length: count }, (_, place) => `m${place + 1}` as ManagerId);
