import { expect, test } from '@jest/globals';
import type { Configuration, NodeId } from '@raft-mesh/raft';
import { isHeard } from '../src/manager/membership.ts';

const [m1, m2, m3, m4] = ['m1:1', 'm2:1', 'm3:1', 'm4:1'] as unknown as readonly [NodeId, NodeId, NodeId, NodeId];
const of = (voters: readonly NodeId[], votersOutgoing: readonly NodeId[] = []): Configuration => {
  const members = (ids: readonly NodeId[]) => ids.map((id) => ({ id, address: `memory://${id}` }));
  return { voters: members(voters), votersOutgoing: members(votersOutgoing), learners: [] };
};

test('members of the configuration in force are heard, once that is read, and nobody else', () => {
  const known = { leader: m1, raft: { configuration: of([m1, m2]), configurationIndex: 50 }, applied: { index: 50, configuration: of([m1, m2]) } };
  expect(isHeard(m2, m1, known)).toBe(true);
  expect(isHeard(m4, m1, known)).toBe(false);
  // What takes m4 out is not committed, and may go again.
  expect(isHeard(m4, m1, { ...known, applied: { index: 49, configuration: of([m1, m2], [m1, m2, m4]) } })).toBe(true);
});

test('who has restarted, and has yet to read who is in, refuses nobody: whoever is refused takes it for its removal (seeds 274 and 20266 of the simulator)', () => {
  // Its state is that of its snapshot, of before m4 came in; the last configuration in its log, of which it does not know whether it is committed, takes m4 out.
  const known = { leader: m1, raft: { configuration: of([m1, m2]), configurationIndex: 42 }, applied: { index: 0, configuration: of([m1, m2, m3]) } };
  expect(isHeard(m4, m1, known)).toBe(true);
});

test('who knows no leader, or is in no configuration yet, may have missed who came in', () => {
  const known = { leader: null, raft: { configuration: of([m1, m2]), configurationIndex: 1 }, applied: { index: 1, configuration: of([m1, m2]) } };
  expect(isHeard(m4, m1, known)).toBe(true);
  expect(isHeard(m4, m3, { ...known, leader: m1 })).toBe(true);
  expect(isHeard(m4, m1, { ...known, leader: m1 })).toBe(false);
});
