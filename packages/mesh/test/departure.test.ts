import { describe, expect, test } from '@jest/globals';
import type { Configuration, NodeId, PersistedState } from '@raft-mesh/raft';
import { Departure } from '../src/manager/departure.ts';

const [m1, m2, m3, m4] = ['m1:1', 'm2:1', 'm3:1', 'm4:1'] as unknown as readonly [NodeId, NodeId, NodeId, NodeId];
const member = (id: NodeId) => ({ id, address: `memory://${id}` });
const withLearner: Configuration = { voters: [m1, m2, m3].map(member), votersOutgoing: [], learners: [{ ...member(m4), promotable: true }] };
const without: Configuration = { ...withLearner, learners: [] };
const withVoter: Configuration = { ...without, voters: [m1, m2, m3, m4].map(member) };
const joining: PersistedState = { hardState: { term: 0, votedFor: null }, snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: withLearner, sizeBytes: 0 }, entries: [] };
const entryOf = (index: number, configuration: Configuration) => ({ index, term: 1, logTimeMs: 0, kind: 'configuration', configuration }) as const;

describe('one that joins', () => {
  test('does not take what it was told before it was in for its removal (seeds 20010 and 40104 of the simulator)', () => {
    const departure = new Departure(m4, joining);
    // Managers that have not read the change yet do not know it.
    expect(departure.revokedBy(m3, 9, m2, withLearner)).toBe(false);
    expect(departure.revokedBy(m1, 9, m2, withLearner)).toBe(false);
    expect(departure.applied(withLearner, 10)).toBe(false);
    expect(departure.revokedBy(m1, 12, m2, withLearner)).toBe(false);
  });

  test('does not take the word of most others that lag for its removal (seeds 3019533 and 3039307)', () => {
    const departure = new Departure(m4, joining);
    departure.applied(withLearner, 10);
    for (const peer of [m1, m2, m3]) expect(departure.revokedBy(peer, 10, m2, withLearner)).toBe(false);
  });

  test('has left when most others that have read further say so, or its leader does, or it reads so itself', () => {
    const inside = (): Departure => {
      const departure = new Departure(m4, joining);
      departure.applied(withLearner, 10);
      return departure;
    };
    const told = inside();
    expect(told.revokedBy(m1, 11, null, withLearner)).toBe(false);
    expect(told.revokedBy(m3, 12, null, withLearner)).toBe(true);
    expect(inside().revokedBy(m2, 11, m2, withLearner)).toBe(true);
    expect(inside().applied(without, 11)).toBe(true);
  });
});

test('one that starts again knows from its log that it was in: the first entry that has it among the voters, whatever came after', () => {
  const departure = new Departure(m4, { ...joining, entries: [entryOf(5, withLearner), entryOf(8, withVoter), entryOf(20, withVoter)] });
  expect(departure.revokedBy(m2, 8, m2, withVoter)).toBe(false);
  expect(departure.revokedBy(m2, 9, m2, withVoter)).toBe(true);
});

test('one that starts again knows from its snapshot that it was in', () => {
  const departure = new Departure(m4, { ...joining, snapshot: { ...joining.snapshot, lastIndex: 30, configuration: withLearner } });
  expect(departure.revokedBy(m2, 30, m2, withLearner)).toBe(false);
  expect(departure.revokedBy(m2, 31, m2, withLearner)).toBe(true);
});
