import type { NodeId } from '@raft-mesh/raft';
import type { ManagerId } from './identity.ts';

/** A manager's name in its Raft group. The incarnation is part of it: a manager that lost its disk is another node. */
export function nodeIdOf(manager: ManagerId, managerIncarnation: number): NodeId {
  return `${manager}:${managerIncarnation}` as NodeId;
}

export function managerOf(node: NodeId): ManagerId {
  return node.slice(0, node.lastIndexOf(':')) as ManagerId;
}

export function managerIncarnationOf(node: NodeId): number {
  return Number(node.slice(node.lastIndexOf(':') + 1));
}
