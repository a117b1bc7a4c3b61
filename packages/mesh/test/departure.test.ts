import { describe, expect, test } from '@jest/globals';
import type { Configuration, NodeId, PersistedState } from '@raft-mesh/raft';
import { Departure } from '../src/manager/departure.ts';

const [m1, m2, m3, m4] = ['m1:1', 'm2:1', 'm3:1', 'm4:1'] as unknown as readonly [NodeId, NodeId, NodeId, NodeId];
const member = (id: NodeId) => ({ id, address: `memory://${id}` });
const withLearner: Configuration = { voters: [m1, m2, m3].map(member), votersOutgoing: [], learners: [{ ...member(m4), promotable: true }] };
const without: Configuration = { ...withLearner, learners: [] };
const joining: PersistedState = { hardState: { term: 0, votedFor: null }, snapshot: { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: withLearner, sizeBytes: 0 }, entries: [] };

describe('one that joins', () => {
  test('does not take what it was told before it was in for its removal (seeds 20010 and 40104 of the simulator)', () => {
    const departure = new Departure(m4, joining);
    // Managers that have not read the change yet do not know it.
    expect(departure.revokedBy(m3, m2, withLearner)).toBe(false);
    expect(departure.revokedBy(m1, m2, withLearner)).toBe(false);
    expect(departure.applied(withLearner)).toBe(false);
    // One of them lags still; the other was never asked again.
    expect(departure.revokedBy(m1, m2, withLearner)).toBe(false);
  });

  test('has left when most others say so after it was in, or its leader does, or it reads so itself', () => {
    const inside = (): Departure => {
      const departure = new Departure(m4, joining);
      departure.applied(withLearner);
      return departure;
    };
    const told = inside();
    expect(told.revokedBy(m1, null, withLearner)).toBe(false);
    expect(told.revokedBy(m3, null, withLearner)).toBe(true);
    expect(inside().revokedBy(m2, m2, withLearner)).toBe(true);
    expect(inside().applied(without)).toBe(true);
  });
});
