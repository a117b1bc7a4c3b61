import type { Configuration, Member, NodeId } from '@raft-mesh/raft';

/** Whether those who agree are a majority of each of the configuration's voter sets (paper §6). */
export function hasQuorum({ voters, votersOutgoing }: Configuration, agrees: (id: NodeId) => boolean): boolean {
  return hasMajority(voters, agrees) && hasMajority(votersOutgoing, agrees);
}

/** Whether no quorum of one can decide apart from every quorum of the other. At most 20 voters in all. */
export function doQuorumsIntersect(left: Configuration, right: Configuration): boolean {
  for (const one of votersSets(left)) for (const other of votersSets(right)) if (isSameSet(one, other)) return true;
  const ids = [...new Set([...votersSets(left), ...votersSets(right)].flat().map(({ id }) => id))];
  if (ids.length > 20) throw new RangeError(`${ids.length} voters in two configurations are more than can be looked through`);
  for (let chosen = 0; chosen < 2 ** ids.length; chosen++) {
    const isChosen = (id: NodeId): boolean => (chosen & (1 << ids.indexOf(id))) !== 0;
    if (hasQuorum(left, isChosen) && hasQuorum(right, (id) => !isChosen(id))) return false;
  }
  return true;
}

export function describeVoters({ voters, votersOutgoing }: Configuration): string {
  const names = (members: readonly Member[]): string => members.map(({ id }) => id).join(', ');
  return votersOutgoing.length === 0 ? `{${names(voters)}}` : `{${names(voters)} and ${names(votersOutgoing)}}`;
}

function votersSets({ voters, votersOutgoing }: Configuration): readonly (readonly Member[])[] {
  return votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];
}

function isSameSet(left: readonly Member[], right: readonly Member[]): boolean {
  return left.length === right.length && left.every(({ id }) => right.some((other) => other.id === id));
}

function hasMajority(members: readonly Member[], agrees: (id: NodeId) => boolean): boolean {
  if (members.length === 0) return true;
  let agreeing = 0;
  for (const { id } of members) if (agrees(id)) agreeing++;
  return agreeing * 2 > members.length;
}
