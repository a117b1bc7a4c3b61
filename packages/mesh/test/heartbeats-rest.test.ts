import { beforeEach, expect, test } from '@jest/globals';
import { SimulatedClock } from '@raft-mesh/testkit';
import type { AgentId } from '@raft-mesh/state-machine';
import { Heartbeats } from '../src/manager/heartbeats.ts';
import type { StatusChange } from '../src/manager/heartbeats.ts';

// Thousands of idle managers in one process: whoever has nothing to watch may have no timer at all.

const ada = 'ada' as AgentId;
let clock: SimulatedClock;
let leads: boolean;
let agents: Map<AgentId, StatusChange['status']>;
let reports: number;
let heartbeats: Heartbeats;

beforeEach(() => {
  clock = new SimulatedClock();
  leads = true;
  agents = new Map();
  reports = 0;
  heartbeats = new Heartbeats({
    clock, suspectAfterMs: 2_000, deadAfterMs: 10_000, isLeader: () => leads, agents: () => [...agents].map(([agent, status]) => ({ agent, status })),
    propose: (changes, done) => { for (const { agent, status } of changes) agents.set(agent, status); done(); },
    report: () => { reports += 1; },
  });
  heartbeats.start();
});

const advance = (ms: number) => { const untilMs = clock.nowMs() + ms; while (clock.runNext(untilMs)); };
const join = () => { agents.set(ada, 'alive'); heartbeats.registryChanged(); };

test('a leader of nobody rests, and so does one of whom everybody is dead', () => {
  advance(1_000);
  expect(clock.nextDueMs).toBeNull();
  join();
  heartbeats.heard(ada);
  advance(30_000);
  expect(agents.get(ada)).toBe('dead');
  expect(clock.nextDueMs).toBeNull();
});

test('one who came in and was never heard is declared dead all the same', () => {
  advance(1_000);
  join();
  advance(30_000);
  expect(agents.get(ada)).toBe('dead');
});

test('one who comes back is alive at once', () => {
  join();
  advance(30_000);
  heartbeats.heard(ada);
  advance(500);
  expect(agents.get(ada)).toBe('alive');
  expect(clock.nextDueMs).not.toBeNull();
});

test('a follower rests until somebody is heard, and reports it', () => {
  leads = false;
  join();
  advance(5_000);
  expect(clock.nextDueMs).toBeNull();
  heartbeats.heard(ada);
  advance(500);
  expect(reports).toBe(1);
  advance(5_000);
  expect(clock.nextDueMs).toBeNull();
});

test('a new leader looks at those who were alive before it', () => {
  leads = false;
  agents.set(ada, 'alive');
  advance(5_000);
  leads = true;
  heartbeats.leadershipChanged();
  advance(30_000);
  expect(agents.get(ada)).toBe('dead');
});

test('nothing is left once it is closed', () => {
  heartbeats.heard(ada);
  heartbeats.close();
  heartbeats.heard(ada);
  advance(1);
  expect(clock.nextDueMs).toBeNull();
});
