import type { Configuration, Entry, Learner, Member } from '@raft-mesh/raft';

/** Whether two entries are the same in every field, whoever decoded them from what. */
export function isSameEntry(left: Entry, right: Entry): boolean {
  if (left === right) return true;
  if (left.index !== right.index || left.term !== right.term || left.logTimeMs !== right.logTimeMs) return false;
  if (left.kind === 'command') return right.kind === 'command' && isSameBytes(left.data, right.data);
  if (left.kind === 'configuration') return right.kind === 'configuration' && isSameConfiguration(left.configuration, right.configuration);
  return left.kind === right.kind;
}

export function isSameConfiguration(left: Configuration, right: Configuration): boolean {
  return left === right
    || (isSameMembers(left.voters, right.voters) && isSameMembers(left.votersOutgoing, right.votersOutgoing) && isSameMembers(left.learners, right.learners));
}

function isSameMembers(left: readonly (Member | Learner)[], right: readonly (Member | Learner)[]): boolean {
  return left.length === right.length && left.every((member) => right.some((other) => other.id === member.id && other.address === member.address && isPromotable(other) === isPromotable(member)));
}

function isPromotable(member: Member | Learner): boolean {
  return 'promotable' in member && member.promotable;
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let offset = 0; offset < left.length; offset++) if (left[offset] !== right[offset]) return false;
  return true;
}
