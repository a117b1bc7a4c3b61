import { describe, expect, test } from '@jest/globals';
import { combineStatus } from '@raft-mesh/mesh-node';
import type { ManagerId, ManagerStatus, MeshId } from '@raft-mesh/protocol';

const mesh = 'demo' as MeshId;
const address = (id: string) => ({ id: id as ManagerId, url: `http://host/${id}` });
const all = ['m1', 'm2', 'm3'];

function status(id: string, fields: Partial<ManagerStatus> & { readonly leader: ManagerId | null }): ManagerStatus {
  return {
    mesh, incarnation: 1, managerIncarnation: 1, ...address(id), pid: 7, bootId: 'b', role: fields.leader === id ? 'leader' : 'follower', term: 3, commitIndex: 10, appliedIndex: 10,
    lastIndex: 10, firstIndex: 1, logTimeMs: 0, runningDigest: 'r', stateDigest: 's', agents: [], app: 'a',
    managers: all.map((other) => ({ ...address(other), managerIncarnation: 1, membership: 'voter', lastContactMs: other === id ? 0 : 25, messagesSent: 0, messagesReceived: 0 })),
    configurationIndex: 0, quiescent: false, ...fields,
  };
}
const combined = (known: Readonly<Record<string, ManagerStatus | null>>) => combineStatus(mesh, all.map((id) => ({ manager: address(id), status: known[id] ?? null })));
const m1 = 'm1' as ManagerId;
const m2 = 'm2' as ManagerId;

describe('the leader', () => {
  test('is the one whom a majority follows, itself counted', () => {
    const result = combined({ m1: status('m1', { leader: m1 }), m2: status('m2', { leader: m1 }) });
    expect(result.leader).toBe('m1');
    expect(result.managers.map(({ role, lastContactMs }) => [role, lastContactMs])).toEqual([['leader', 0], ['follower', 25], ['unreachable', 25]]);
  });
  test('is nobody when only a minority can be asked', () => {
    expect(combined({ m1: status('m1', { leader: m1 }) }).leader).toBeNull();
  });
  test('is nobody while the one they follow does not answer', () => {
    const result = combined({ m2: status('m2', { leader: m1 }), m3: status('m3', { leader: m1 }) });
    expect(result.leader).toBeNull();
    expect(result.managers.map(({ lastContactMs }) => lastContactMs)).toEqual([null, null, null]);
  });
  test('is not one of an old term who does not know better', () => {
    const result = combined({ m1: status('m1', { leader: m1, term: 3 }), m2: status('m2', { leader: m2, term: 4 }), m3: status('m3', { leader: m2, term: 4 }) });
    expect([result.leader, result.term]).toEqual(['m2', 4]);
  });
});

test('who does not vote is a learner, whatever it says of itself: one that learns, and one whose earlier incarnation is still in its place', () => {
  const managers = status('m1', { leader: m1 }).managers.map((manager) => (manager.id === 'm2' ? { ...manager, membership: 'learner' as const } : manager));
  const result = combined({ m1: status('m1', { leader: m1, managers }), m2: status('m2', { leader: m1 }), m3: status('m3', { leader: null, managerIncarnation: 2 }) });
  expect(result.managers.map(({ role }) => role)).toEqual(['leader', 'learner', 'learner']);
});

test('agents are told by the leader, or else by whoever has applied most', () => {
  const agents = (name: string) => [{ id: 'a' as never, name, kind: 'cli' as const, status: 'alive' as const, lastSeenMs: 1 }];
  expect(combined({ m1: status('m1', { leader: m1, agents: agents('led') }), m2: status('m2', { leader: m1, agents: agents('other'), appliedIndex: 99 }) }).agents[0]?.name).toBe('led');
  expect(combined({ m2: status('m2', { leader: null, agents: agents('far'), appliedIndex: 9 }), m3: status('m3', { leader: null, agents: agents('near'), appliedIndex: 8 }) }).agents[0]?.name).toBe('far');
});

test('nobody at all is a status too', () => {
  expect(combined({})).toMatchObject({ term: 0, leader: null, commitIndex: 0, agents: [], managers: [{ role: 'unreachable', pid: null }, {}, {}] });
});
