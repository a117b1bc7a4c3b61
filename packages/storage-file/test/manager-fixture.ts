import type { LogWrite } from '@raft-mesh/mesh';
import type { ManagerId, ManagerIdentity, MeshId } from '@raft-mesh/protocol';
import type { Configuration, Entry, NodeId } from '@raft-mesh/raft';

export const identity: ManagerIdentity = { mesh: 'table' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
export const configuration: Configuration = { voters: [{ id: 'm1:1' as NodeId, address: 'ws://m1.example' }], votersOutgoing: [], learners: [] };
export const firstSnapshot = { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration, data: [] };
export const command = (index: number, text = `command ${index}`, term = 1): Entry => ({ kind: 'command', term, index, logTimeMs: index, data: new TextEncoder().encode(text) });
export const append = (...entries: Entry[]): LogWrite => ({ hardState: null, truncateFrom: null, entries });
export const metaAt = (lastIndex: number, lastTerm = 1) => ({ lastIndex, lastTerm, logTimeMs: lastIndex, configuration });
