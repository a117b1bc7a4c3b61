import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Configuration, Member, NodeId } from '@raft-mesh/raft';
import { isInForce, isJoint, isSameConfiguration, leaveJoint, membersMax, refusalOf, stepTowards } from '../src/configuration-change.ts';
import { hasQuorum, peersOf } from '../src/quorum.ts';
import { configurationOf, id, jointOf, learnerOf, memberOf } from './harness/fixtures.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const address = fc.constantFrom('ws://here', 'ws://there');
/** Every name is a voter, a learner, or absent. */
const settled = fc.array(fc.record({ part: fc.constantFrom('voter', 'learner', 'absent'), address, promotable: fc.boolean() }), { minLength: names.length, maxLength: names.length })
  .map((parts): Configuration => ({
    voters: names.flatMap((name, at) => (parts[at]?.part === 'voter' ? [{ id: id(name), address: parts[at].address }] : [])),
    votersOutgoing: [],
    learners: names.flatMap((name, at) => (parts[at]?.part === 'learner' ? [{ id: id(name), address: parts[at].address, promotable: parts[at].promotable }] : [])),
  }))
  .filter(({ voters }) => voters.length > 0);
const someNodes = fc.subarray(names.map(id)).map((chosen) => new Set<NodeId>(chosen));

const idsOf = (members: readonly Member[]): readonly NodeId[] => members.map((member) => member.id).sort();

describe('a change of configuration', () => {
  test('any change, by a joint step where voters differ and then the leave, ends in the target', () => {
    fc.assert(fc.property(settled, settled, (from, to) => {
      const step = stepTowards(from, to);
      expect(isJoint(step)).toBe(idsOf(from.voters).join() !== idsOf(to.voters).join());
      const end = isJoint(step) ? leaveJoint(step) : step;
      expect(isInForce(end, to)).toBe(true);
      expect(isSameConfiguration(end, to)).toBe(true);
      expect(end.votersOutgoing).toEqual([]);
    }));
  });

  test('any quorum before a step meets any quorum after it', () => {
    let met = 0;
    fc.assert(fc.property(settled, settled, someNodes, someNodes, (from, to, left, right) => {
      const step = stepTowards(from, to);
      const stages = isJoint(step) ? [from, step, leaveJoint(step)] : [from, step];
      stages.slice(1).forEach((after, at) => {
        const before = stages[at] ?? from;
        for (const [one, two] of [[before, after], [after, before], [before, before], [after, after]] as const) {
          if (!hasQuorum(one, (node) => left.has(node)) || !hasQuorum(two, (node) => right.has(node))) continue;
          met++;
          expect([...left].some((node) => right.has(node))).toBe(true);
        }
      });
    }), { numRuns: 1000 });
    expect(met).toBeGreaterThan(100);
  });

  test('a joint configuration keeps everybody concerned as a peer, each once', () => {
    fc.assert(fc.property(settled, settled, (from, to) => {
      const step = stepTowards(from, to);
      const peers = peersOf(step, id('nobody'));
      expect(new Set(peers).size).toBe(peers.length);
      for (const { id: member } of [...to.voters, ...to.learners, ...(isJoint(step) ? from.voters : [])]) expect(peers).toContain(member);
    }));
  });

  test('what is in force is known in any order, but not with another address or promotion', () => {
    const now: Configuration = { ...configurationOf('a', 'b'), learners: [learnerOf('c'), learnerOf('d', true)] };
    expect(isInForce(now, { voters: [memberOf('b'), memberOf('a')], learners: [learnerOf('d', true), learnerOf('c')] })).toBe(true);
    expect(isInForce(now, { voters: now.voters, learners: [learnerOf('c', true), learnerOf('d', true)] })).toBe(false);
    expect(isInForce(now, { voters: [memberOf('a'), { id: id('b'), address: 'ws://elsewhere' }], learners: now.learners })).toBe(false);
    expect(isInForce(jointOf(['a'], ['b']), { voters: [memberOf('a')], learners: [] })).toBe(false);
  });

  test('nobody, somebody twice, and too many are refused', () => {
    const many = (count: number): readonly Member[] => Array.from({ length: count }, (_, at) => memberOf(`m${at}`));
    expect(refusalOf({ voters: [], learners: [learnerOf('a')] })).toEqual({ code: 'noVoters' });
    expect(refusalOf({ voters: [memberOf('a'), memberOf('a')], learners: [] })).toEqual({ code: 'duplicateMember', id: 'a' });
    expect(refusalOf({ voters: [memberOf('a')], learners: [learnerOf('b'), learnerOf('b')] })).toEqual({ code: 'duplicateMember', id: 'b' });
    expect(refusalOf({ voters: [memberOf('a')], learners: [learnerOf('a')] })).toEqual({ code: 'duplicateMember', id: 'a' });
    expect(refusalOf({ voters: many(membersMax), learners: [] })).toBeNull();
    expect(refusalOf({ voters: many(membersMax + 1), learners: [] })).toEqual({ code: 'tooManyMembers', limit: membersMax });
    expect(refusalOf({ voters: [memberOf('a')], learners: many(membersMax + 1).map((member) => ({ ...member, promotable: false })) })).toEqual({ code: 'tooManyMembers', limit: membersMax });
  });
});
