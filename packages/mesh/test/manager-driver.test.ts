import { afterEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '@raft-mesh/mesh';
import { Manager } from '@raft-mesh/mesh';
import type { ManagerId } from '@raft-mesh/protocol';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { Configuration, Entry, Message, NodeId } from '@raft-mesh/raft';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { MemoryManagerStore, MemoryNetwork, RecordingLog, SeededRandom, SimulatedClock, TestIssuer, emptyPersistedState, settled } from '@raft-mesh/testkit';
import { RaftDriver } from '../src/manager/raft-driver.ts';
import type { ProposalResult } from '../src/manager/raft-driver.ts';
import { Cluster, app, mesh } from './manager-cluster.ts';

const node = (manager: string): NodeId => nodeIdOf(manager as ManagerId, 1);
const configurationOf = (...managers: readonly string[]): Configuration => ({ voters: managers.map((id) => ({ id: node(id), address: id })), votersOutgoing: [], learners: [] });

/** Time and the phases of the event loop, moved by hand. */
class HandClock implements Clock {
  ms = 0;
  timers: (() => void)[] = [];
  deferred: (() => void)[] = [];
  nowMs(): number { return this.ms; }
  setTimer(_delayMs: number, callback: () => void): () => void {
    this.timers.push(callback);
    return () => { this.timers = this.timers.filter((timer) => timer !== callback); };
  }
  defer(callback: () => void): void { this.deferred.push(callback); }
  runTimers(): void { for (const timer of this.timers.splice(0)) timer(); }
  runDeferred(): void { for (const callback of this.deferred.splice(0)) callback(); }
}

async function passMs(clock: HandClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    await settled();
    clock.ms += 10;
    clock.runTimers();
    clock.runDeferred();
  }
}

function driverOf(...managers: readonly string[]) {
  const clock = new HandClock();
  const store = new MemoryManagerStore(emptyPersistedState(configurationOf(...managers)));
  const sent: Message[] = [];
  const appliedEntries: Entry[] = [];
  const stopped: string[] = [];
  let isBroken = false;
  const driver = new RaftDriver({
    raft: { ...defaultRaftOptions, id: node('m1'), persisted: store.durable, seed: 1 }, store, clock, trace: null, onConfiguration: () => {},
    send: (_, message) => { if (isBroken) throw new Error('no link takes this'); sent.push(message); }, apply: (entries) => { appliedEntries.push(...entries); },
    beforeInstall: () => Promise.resolve(), restore: () => Promise.resolve(), onLeadership: () => {}, onStopped: (reason) => { stopped.push(reason); },
  });
  driver.start();
  clock.runDeferred();
  /** Lets everything that is under way happen, without time passing. */
  const run = async () => {
    for (let turn = 0; turn < 20; turn += 1) { await settled(); clock.runDeferred(); }
  };
  const breakSending = () => { isBroken = true; };
  return { clock, store, driver, sent, appliedEntries, stopped, run, breakSending };
}

describe('the driver', () => {
  test('56. after a stall, hears what was waiting before it lets the election timer fire', async () => {
    const { clock, driver, sent, run } = driverOf('m1', 'm2', 'm3');
    const heartbeat: Message = { type: 'appendRequest', term: 1, previousIndex: 0, previousTerm: 0, entries: [], commitIndex: 0, logTimeMs: 0, readContext: 0 };
    driver.receive(node('m2'), heartbeat);
    await run();
    expect(driver.leadership.leader).toBe(node('m2'));
    // A stall past every election timeout; then the loop runs its timers, reads its sockets, and only then does what was deferred.
    clock.ms += defaultRaftOptions.electionTimeoutMaxMs + 10;
    clock.runTimers();
    driver.receive(node('m2'), heartbeat);
    await run();
    expect(sent.filter((message) => message.type === 'preVoteRequest')).toEqual([]);
    expect(driver.leadership.leader).toBe(node('m2'));
    // Without a word from the leader an election does start.
    await passMs(clock, 700);
    expect(sent.filter((message) => message.type === 'preVoteRequest').length).toBeGreaterThanOrEqual(2);
  });

  test('offers what was proposed in one turn to Raft at once, and writes it in one flush', async () => {
    const { clock, store, driver, run, appliedEntries } = driverOf('m1');
    await passMs(clock, 700);
    await run();
    expect(driver.leadership.role).toBe('leader');
    let writes = 0;
    const write = store.write.bind(store);
    store.write = (batch) => { writes += 1; return write(batch); };
    const results: ProposalResult[] = [];
    for (let number = 0; number < 100; number += 1) driver.propose(Uint8Array.of(number), (result) => results.push(result));
    await run();
    expect(writes).toBe(1);
    const first = results[0];
    expect(results.map((result) => result.accepted && result.index)).toEqual(results.map((_, at) => (first?.accepted ? first.index : 0) + at));
    expect(appliedEntries.flatMap((entry) => (entry.kind === 'command' ? [entry.data[0]] : []))).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  test('holds back what depends on a write until it is durable', async () => {
    const { store, driver, sent, run } = driverOf('m1', 'm2', 'm3');
    let flushed = () => {};
    store.write = () => new Promise((resolve) => { flushed = resolve; });
    driver.receive(node('m2'), { type: 'voteRequest', term: 5, lastIndex: 0, lastTerm: 0, transfer: false });
    await run();
    expect(sent.filter((message) => message.type === 'voteResponse')).toEqual([]);
    flushed();
    await run();
    expect(sent.filter((message) => message.type === 'voteResponse')).toEqual([{ type: 'voteResponse', term: 5, granted: true }]);
  });

  test('takes many large commands of one turn one after another, though Raft would not take all at once', async () => {
    const { clock, driver, run } = driverOf('m1');
    await passMs(clock, 700);
    await run();
    const results: boolean[] = [];
    const megabytes = defaultRaftOptions.uncommittedBytesMax / (1024 * 1024) + 4;
    for (let number = 0; number < megabytes; number += 1) driver.propose(new Uint8Array(1024 * 1024), (result) => results.push(result.accepted));
    await run();
    await run();
    expect(results).toEqual(Array.from({ length: megabytes }, () => true));
  });

  test('stops, and only itself, when something breaks while it releases what waited for the disk', async () => {
    const { store, driver, stopped, run, breakSending } = driverOf('m1', 'm2', 'm3');
    let flushed = () => {};
    store.write = () => new Promise((resolve) => { flushed = resolve; });
    driver.receive(node('m2'), { type: 'voteRequest', term: 5, lastIndex: 0, lastTerm: 0, transfer: false });
    await run();
    breakSending();
    flushed();
    await run();
    expect(stopped).toEqual([expect.stringContaining('no link takes this')]);
    expect(driver.stopped).toBe(true);
  });

  test('answers everything open when it ends', () => {
    const { driver, clock } = driverOf('m1', 'm2', 'm3');
    const results: unknown[] = [];
    driver.propose(Uint8Array.of(1), (result) => results.push(result));
    driver.read((result) => results.push(result));
    driver.halt();
    driver.propose(Uint8Array.of(2), (result) => results.push(result));
    clock.runDeferred();
    expect(results).toEqual([
      { accepted: false, reason: { code: 'stopped' } }, { ready: false, reason: { code: 'stopped' } }, { accepted: false, reason: { code: 'stopped' } },
    ]);
  });
});

describe('a manager', () => {
  let cluster: Cluster | null = null;
  afterEach(async () => {
    await cluster?.stop();
    cluster = null;
  });

  test('alone is a mesh of its own', async () => {
    cluster = new Cluster({ managers: 1 });
    await cluster.start();
    const client = cluster.client(cluster.leader!);
    await client.join('ada');
    client.command(1, 'add', { by: 2 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 2 });
  });

  test('that meets an entry it cannot read stops for good and never guesses; the process goes on', async () => {
    const clock = new SimulatedClock();
    const state = emptyPersistedState(configurationOf('m1'));
    const store = new MemoryManagerStore({ ...state, hardState: { term: 1, votedFor: node('m1') }, entries: [{ kind: 'command', index: 1, term: 1, logTimeMs: 0, data: Uint8Array.of(0xc1) }] });
    const stopped: string[] = [];
    const identity = { ...mesh, manager: 'm1' as ManagerId, managerIncarnation: 1 };
    const network = new MemoryNetwork({ clock });
    const manager = new Manager({
      identity, url: 'm1', app, store, dialer: network.dialer('m1'), authority: new TestIssuer(mesh).authorityFor(identity),
      clock, random: new SeededRandom(1), log: new RecordingLog(), pid: 1, onStopped: (reason) => { stopped.push(reason); },
    });
    await manager.start();
    network.listen('m1', mesh, manager);
    await clock.advanceUntil(() => stopped.length > 0);
    expect(stopped).toEqual([expect.stringContaining('no log record')]);
    await manager.stop();
    expect(store.closed).toBe(true);
  });

  test('cannot be started twice, nor asked before it has started', async () => {
    cluster = new Cluster();
    expect(() => cluster?.nodes[0]?.manager.status()).toThrow(/start/);
    await cluster.start();
    await expect(cluster.nodes[0]?.manager.start()).rejects.toThrow(/once/);
  });
});
