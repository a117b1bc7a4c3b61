import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Configuration, NodeId } from '@raft-mesh/raft';
import { committedIndex, tally } from '../src/quorum.ts';
import { id } from './harness/fixtures.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(id);
const members = fc.subarray(names).map((ids) => ids.map((member) => ({ id: member, address: '' })));
const joint = fc.record({ voters: members.filter((voters) => voters.length > 0), votersOutgoing: members, learners: fc.constant([]) });

/** The definition: an index is committed when more than half of each set has reached it. */
function naiveCommitted(configuration: Configuration, match: ReadonlyMap<NodeId, number>): number {
  let index = 0;
  const reached = (voters: Configuration['voters']): boolean => voters.length === 0 || voters.filter((voter) => (match.get(voter.id) ?? 0) > index).length * 2 > voters.length;
  while (reached(configuration.voters) && reached(configuration.votersOutgoing)) index++;
  return index;
}

describe('quorums', () => {
  test('25. the committed index equals the naive definition, in joint configurations too', () => {
    fc.assert(fc.property(joint, fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }), (configuration, indexes) => {
      const match = new Map(names.map((name, position) => [name, indexes[position] ?? 0]));
      expect(committedIndex(configuration, (name) => match.get(name) ?? 0)).toBe(naiveCommitted(configuration, match));
    }));
  });

  test('an election is won with a majority of both sets, lost when one can no longer be had', () => {
    fc.assert(fc.property(joint, fc.array(fc.constantFrom(true, false, undefined), { minLength: 7, maxLength: 7 }), (configuration, answers) => {
      const voteOf = (name: NodeId) => answers[names.indexOf(name)];
      const sets = [configuration.voters, configuration.votersOutgoing].filter((voters) => voters.length > 0);
      const won = sets.every((voters) => voters.filter((voter) => voteOf(voter.id) === true).length * 2 > voters.length);
      const winnable = sets.every((voters) => voters.filter((voter) => voteOf(voter.id) !== false).length * 2 > voters.length);
      expect(tally(configuration, voteOf)).toBe(won ? 'won' : winnable ? 'pending' : 'lost');
    }));
  });
});
