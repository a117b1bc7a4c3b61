import type { Configuration, Member } from './configuration.ts';
import type { LogIndex, NodeId } from './identity.ts';

export type Outcome = 'won' | 'lost' | 'pending';

/** The highest index that a majority of both voter sets has reached (paper §5.3, §6). */
export function committedIndex(configuration: Configuration, matchIndexOf: (id: NodeId) => LogIndex): LogIndex {
  return highestOfQuorum(configuration, matchIndexOf);
}

/** The highest value that a majority of both voter sets has reached; an empty set asks for nothing. */
export function highestOfQuorum(configuration: Configuration, valueOf: (id: NodeId) => number): number {
  return Math.min(highestOfMajority(configuration.voters, valueOf), highestOfMajority(configuration.votersOutgoing, valueOf));
}

/** Whether a majority of both voter sets agrees. */
export function hasQuorum(configuration: Configuration, agrees: (id: NodeId) => boolean): boolean {
  return tally(configuration, (id) => agrees(id)) === 'won';
}

/** How an election stands when `voteOf` gives each voter's answer, `undefined` while there is none. */
export function tally(configuration: Configuration, voteOf: (id: NodeId) => boolean | undefined): Outcome {
  const incoming = tallyMajority(configuration.voters, voteOf);
  const outgoing = tallyMajority(configuration.votersOutgoing, voteOf);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return contains(configuration.voters, id) || contains(configuration.votersOutgoing, id);
}

/** Everybody but `self`, each once, in the order of the configuration. */
export function peersOf(configuration: Configuration, self: NodeId): readonly NodeId[] {
  const ids = new Set<NodeId>();
  for (const members of [configuration.voters, configuration.votersOutgoing, configuration.learners]) {
    for (const member of members) if (member.id !== self) ids.add(member.id);
  }
  return [...ids];
}

function contains(members: readonly Member[], id: NodeId): boolean {
  return members.some((member) => member.id === id);
}

function highestOfMajority(voters: readonly Member[], valueOf: (id: NodeId) => number): number {
  if (voters.length === 0) return Infinity;
  const values = voters.map((voter) => valueOf(voter.id)).sort((left, right) => right - left);
  return values[Math.floor(voters.length / 2)] ?? 0;
}

function tallyMajority(voters: readonly Member[], voteOf: (id: NodeId) => boolean | undefined): Outcome {
  if (voters.length === 0) return 'won';
  const majority = Math.floor(voters.length / 2) + 1;
  let granted = 0;
  let refused = 0;
  for (const voter of voters) {
    const vote = voteOf(voter.id);
    if (vote === true) granted++;
    else if (vote === false) refused++;
  }
  if (granted >= majority) return 'won';
  return refused > voters.length - majority ? 'lost' : 'pending';
}
