import type { Configuration, Learner, Member } from './configuration.ts';
import type { ChangeRefusal } from './effect.ts';
import type { NodeId } from './identity.ts';

/** The codec carries no more than this in each list of a configuration. */
export const membersMax = 15;

/** Whom a change wants, exactly. */
export interface Target {
  readonly voters: readonly Member[];
  readonly learners: readonly Learner[];
}

/** Why nobody could have this configuration, whatever is in force; `null` when it can be had. */
export function refusalOf({ voters, learners }: Target): ChangeRefusal | null {
  if (voters.length === 0) return { code: 'noVoters' };
  if (voters.length > membersMax || learners.length > membersMax) return { code: 'tooManyMembers', limit: membersMax };
  const seen = new Set<NodeId>();
  for (const { id } of [...voters, ...learners]) {
    if (seen.has(id)) return { code: 'duplicateMember', id };
    seen.add(id);
  }
  return null;
}

/** Two majorities are needed to commit and to elect (paper §6). */
export function isJoint({ votersOutgoing }: Configuration): boolean {
  return votersOutgoing.length > 0;
}

/**
 * The configuration to append on the way to the target. Other voters than now need a joint one first, so that no majority of
 * the old set and no majority of the new can ever decide apart; other learners or addresses concern no quorum.
 */
export function stepTowards({ voters: current }: Configuration, { voters, learners }: Target): Configuration {
  return { voters, votersOutgoing: sameIds(current, voters) ? [] : current, learners };
}

/** What follows a joint configuration by itself. */
export function leaveJoint({ voters, learners }: Configuration): Configuration {
  return { voters, votersOutgoing: [], learners };
}

/** Whether two lists name the same members, in any order, with the same addresses and promotions. */
export function isInForce(configuration: Configuration, { voters, learners }: Target): boolean {
  return !isJoint(configuration) && sameMembers(configuration.voters, voters) && sameMembers(configuration.learners, learners);
}

/** Whether two configurations are the same, whoever decoded them from what. */
export function isSameConfiguration(left: Configuration, right: Configuration): boolean {
  return sameMembers(left.voters, right.voters) && sameMembers(left.votersOutgoing, right.votersOutgoing) && sameMembers(left.learners, right.learners);
}

function sameIds(left: readonly Member[], right: readonly Member[]): boolean {
  return left.length === right.length && left.every(({ id }) => right.some((other) => other.id === id));
}

function sameMembers(left: readonly (Member | Learner)[], right: readonly (Member | Learner)[]): boolean {
  return left.length === right.length && left.every((member) => right.some((other) => other.id === member.id && other.address === member.address && isPromotable(other) === isPromotable(member)));
}

function isPromotable(member: Member | Learner): boolean {
  return 'promotable' in member && member.promotable;
}
