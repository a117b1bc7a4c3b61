import { expect, test } from '@jest/globals';
import type { ManagerToManager } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import type { AgentId, StateMachine } from '@raft-mesh/state-machine';
import { SeededRandom, SimulatedClock } from '@raft-mesh/testkit';
import { ForwardNumbers } from '../src/manager/forward-numbers.ts';
import { ReadGateway } from '../src/manager/read-gateway.ts';
import type { QueryResult } from '../src/manager/read-gateway.ts';
import type { ReadEnd, Reads } from '../src/manager/reads.ts';
import type { Random } from '../src/ports/random.ts';

// Goal: a manager that is far behind answers with the leader's answer, once, and never with its own state.

const [self, one, two] = ['m1:1', 'm2:1', 'm3:1'] as NodeId[] as [NodeId, NodeId, NodeId];
const question = { agent: 'ada' as AgentId, module: 'documents', query: 'get', arguments: { key: 'k' } };
const answered = (index: number): QueryResult => ({ status: 'answered', index, answer: 'theirs' });

/** A life that begins to count at 1. */
const fromOne = { bytes: (count: number) => new Uint8Array(count), identifier: () => 'one' };

function gateway({ members = ['ada'], random = fromOne }: { readonly members?: readonly string[]; readonly random?: Random } = {}) {
  const clock = new SimulatedClock(1_000);
  const sent: { readonly to: NodeId; readonly message: ManagerToManager }[] = [];
  const results: QueryResult[] = [];
  const surroundings = { leader: null as NodeId | null, behind: true, linked: true, ready: true, localReads: 0 };
  const machine = { appliedIndex: 7, member: (agent: string) => (members.includes(agent) ? { revoked: false, accessRole: 'worker' } : null), query: () => ({ found: true, value: 'ours' }) } as unknown as StateMachine;
  const subject = new ReadGateway({
    self, clock, forwards: new ForwardNumbers(random), machine: () => machine, leader: () => surroundings.leader, isBehind: () => surroundings.behind,
    reads: { read: (done: (end: ReadEnd) => void) => { surroundings.localReads += 1; done(surroundings.ready ? 'ready' : 'noLeader'); } } as unknown as Reads,
    send: (to, message) => { if (surroundings.linked) sent.push({ to, message }); return surroundings.linked; },
  });
  const ask = () => subject.ask(question, (result) => { results.push(result); });
  return { clock, sent, results, surroundings, subject, ask };
}

test('who is not behind answers from its own state, once the read is confirmed', () => {
  const { surroundings, results, sent, ask } = gateway();
  surroundings.behind = false;
  surroundings.leader = one;
  ask();
  expect(results).toEqual([{ status: 'answered', index: 7, answer: 'ours' }]);
  surroundings.ready = false;
  ask();
  expect(results[1]).toMatchObject({ status: 'refused', refusal: { code: 'noLeader' } });
  expect(sent).toEqual([]);
});

test('who is behind gives the leader\'s answer, and does not read its own state', () => {
  const { surroundings, results, sent, subject, ask } = gateway();
  surroundings.leader = one;
  ask();
  expect(sent).toEqual([{ to: one, message: { type: 'forwardQuery', forward: 1, ...question } }]);
  subject.takeAnswer({ type: 'forwardAnswer', forward: 1, result: answered(99) });
  subject.takeAnswer({ type: 'forwardAnswer', forward: 1, result: answered(100) });
  expect(results).toEqual([answered(99)]);
  expect(surroundings.localReads).toBe(0);
});

test('an answer that is owed to an earlier life of this manager answers no question of this one (seed 3067008)', () => {
  const [earlier, later] = [gateway({ random: new SeededRandom(1) }), gateway({ random: new SeededRandom(2) })];
  for (const life of [earlier, later]) {
    life.surroundings.leader = one;
    life.ask();
  }
  const [asked] = earlier.sent;
  if (asked?.message.type !== 'forwardQuery') throw new Error('a question was to be forwarded');
  later.subject.takeAnswer({ type: 'forwardAnswer', forward: asked.message.forward, result: answered(99) });
  expect(later.results).toEqual([]);
});

test('without a leader, or a link to it, a question waits; when the link is lost, or the one asked leads no more, it is asked of the next leader', () => {
  const { surroundings, results, sent, subject, ask } = gateway();
  ask();
  surroundings.leader = one;
  surroundings.linked = false;
  subject.routeChanged();
  expect(sent).toEqual([]);
  surroundings.linked = true;
  subject.routeChanged();
  subject.routeChanged();
  expect(sent.map(({ to }) => to)).toEqual([one]);
  surroundings.leader = null;
  subject.unreachable(one);
  surroundings.leader = two;
  subject.routeChanged();
  expect(sent.map(({ to }) => to)).toEqual([one, two]);
  subject.takeAnswer({ type: 'forwardAnswer', forward: 1, result: { status: 'refused', refusal: { code: 'noLeader', message: '' } } });
  subject.routeChanged();
  subject.takeAnswer({ type: 'forwardAnswer', forward: 1, result: answered(5) });
  expect(sent.map(({ to }) => to)).toEqual([one, two, two]);
  expect(results).toEqual([answered(5)]);
});

test('who comes to lead itself answers when its own read is confirmed', () => {
  const { surroundings, results, subject, ask } = gateway();
  ask();
  surroundings.leader = self;
  subject.routeChanged();
  expect(results).toEqual([{ status: 'answered', index: 7, answer: 'ours' }]);
});

test('patience ends, room ends, and closing ends every wait; each is told once', async () => {
  const { clock, surroundings, results, subject, ask } = gateway();
  ask();
  await clock.advance(1_400);
  expect(results).toEqual([]);
  await clock.advance(300);
  expect(results).toMatchObject([{ status: 'refused', refusal: { code: 'noLeader' } }]);
  surroundings.leader = one;
  for (let count = 0; count < 8_192; count += 1) ask();
  expect(results).toHaveLength(1);
  ask();
  expect(results).toHaveLength(2);
  subject.close();
  expect(results).toHaveLength(1 + 8_193);
  ask();
  expect(results).toHaveLength(2 + 8_193);
});

test('a forwarded question is answered from here after a confirmed read, for members alone, and is not passed on', () => {
  const { surroundings, sent, subject } = gateway({ members: [] });
  surroundings.leader = two;
  subject.takeForward(one, { type: 'forwardQuery', forward: 4, ...question });
  expect(sent).toEqual([{ to: one, message: { type: 'forwardAnswer', forward: 4, result: { status: 'refused', refusal: { code: 'notAMember', message: 'this agent is no member of the mesh' } } } }]);
  surroundings.ready = false;
  subject.takeForward(one, { type: 'forwardQuery', forward: 5, ...question });
  expect(sent[1]).toMatchObject({ to: one, message: { forward: 5, result: { refusal: { code: 'noLeader' } } } });
});
