import { describe, expect, test } from '@jest/globals';
import type { Input, Message } from '@raft-mesh/raft';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { configurationOf, id, logOf, snapshotAt } from './harness/fixtures.ts';

const quiesceAfterMs = 200;
const options = { quiesceAfterMs };
const change: Input = { type: 'changeConfiguration', changeId: 1, basedOn: 0, voters: configurationOf('a', 'b').voters, learners: [] };
const preVoteRequest: Message = { type: 'preVoteRequest', term: 2, round: 1, lastIndex: 2, lastTerm: 1 };

/** Heartbeats go out and are answered by these for so long. */
function beat(node: DrivenNode, forMs: number, peers: readonly string[] = ['b', 'c']): void {
  for (const until = node.now + forMs; (node.node.deadlineMs ?? Infinity) <= until;) {
    node.timeout();
    for (const peer of peers) node.accept(peer, node.status.lastIndex);
  }
}

function accept(node: DrivenNode, ...peers: readonly string[]): void {
  for (const peer of peers) node.receive(peer, { type: 'quiesceAccepted', term: node.status.term, lastIndex: node.status.lastIndex });
}

function restingLeader(): DrivenNode {
  const node = new DrivenNode('a', { options }).lead('b', 'c');
  beat(node, quiesceAfterMs + 60);
  accept(node, 'b', 'c');
  return node.forget();
}

function follower(overrides: object = options): DrivenNode {
  const node = new DrivenNode('a', { options: overrides });
  node.receive('b', append(1, [0, 0], logOf(1, 1), 1));
  node.write();
  return node.forget();
}

const quiesce = (lastIndex = 2, lastTerm = 1, logTimeMs = 0, term = 1): Message => ({ type: 'quiesce', term, lastIndex, lastTerm, logTimeMs });

function restingFollower(logTimeMs = 0): DrivenNode {
  const node = follower();
  node.receive('b', quiesce(2, 1, logTimeMs));
  expect(node.status.quiescent).toBe(true);
  return node.forget();
}

describe('the leader of an idle group', () => {
  test('asks the others to rest when nothing has happened for so long, and rests when all of them do', () => {
    const node = new DrivenNode('a', { options }).lead('b', 'c');
    const since = node.now;
    while (node.sends('quiesce').length === 0) beat(node, 50);
    expect(node.now - since).toBeGreaterThanOrEqual(quiesceAfterMs);
    expect(node.now - since).toBeLessThanOrEqual(quiesceAfterMs + 100);
    expect(node.sends('quiesce').map(({ to, message }) => [to, message.lastIndex, message.lastTerm])).toEqual([['b', 1, 1], ['c', 1, 1]]);
    accept(node, 'b', 'b');
    expect(node.status.quiescent).toBe(false);
    accept(node, 'c');
    expect(node.status).toMatchObject({ quiescent: true, role: 'leader' });
    expect(node.node.deadlineMs).toBeNull();
    node.forget().wait(1_000_000);
    expect(node.effects).toEqual([]);
    expect(node.status.role).toBe('leader');
  });

  test('never, unless it is told after how long', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    beat(node, 60_000);
    expect(node.sends('quiesce')).toEqual([]);
    accept(node, 'b', 'c');
    expect(node.status.quiescent).toBe(false);
  });

  test('not while an entry is not committed, or somebody lacks it', () => {
    const node = new DrivenNode('a', { options }).lead('b', 'c');
    node.propose('x');
    const beatWith = (indexes: Readonly<Record<string, number>>): void => {
      for (let round = 0; round < 10; round++) {
        node.timeout();
        for (const peer of ['b', 'c']) node.accept(peer, indexes[peer] ?? 0);
      }
    };
    beatWith({ b: 1, c: 1 });
    expect(node.status.commitIndex).toBe(1);
    node.write();
    beatWith({ b: 2, c: 1 });
    expect(node.status.commitIndex).toBe(2);
    expect(node.sends('quiesce')).toEqual([]);
    beatWith({ b: 2, c: 2 });
    expect(node.sends('quiesce').length).toBeGreaterThan(0);
  });

  test('not while a learner lacks something', () => {
    const learners = [{ id: id('l'), address: '', promotable: false }];
    const node = new DrivenNode('a', { options, snapshot: snapshotAt(0, 0, { ...configurationOf('a', 'b'), learners }) }).lead('b');
    beat(node, 2000, ['b']);
    expect(node.sends('quiesce')).toEqual([]);
    beat(node, 2000, ['b', 'l']);
    expect(node.sends('quiesce', 'l').length).toBeGreaterThan(0);
    accept(node, 'b');
    expect(node.status.quiescent).toBe(false);
    accept(node, 'l');
    expect(node.status.quiescent).toBe(true);
  });

  test('not while a peer has been silent for an election timeout', () => {
    const node = new DrivenNode('a', { options: { quiesceAfterMs: 1000 } }).lead('b', 'c');
    beat(node, 4000, ['b']);
    expect(node.sends('quiesce')).toEqual([]);
    beat(node, 1200);
    expect(node.sends('quiesce').length).toBeGreaterThan(0);
  });

  test.each<readonly [string, Input]>([
    ['a read', { type: 'read', readId: 1 }],
    ['a transfer', { type: 'transferLeadership', transferId: 1, to: id('b') }],
  ])('not while %s waits, and what was accepted before counts for nothing', (_, input) => {
    const node = new DrivenNode('a', { options }).lead('b', 'c');
    beat(node, quiesceAfterMs + 60);
    accept(node, 'b');
    node.give(input);
    accept(node, 'b', 'c');
    expect(node.status.quiescent).toBe(false);
    node.forget();
    beat(node, 150);
    expect(node.sends('quiesce')).toEqual([]);
  });

  test('goes on asking when answers are lost, and is heard by them as by heartbeats', () => {
    const node = new DrivenNode('a', { options }).lead('b', 'c');
    beat(node, quiesceAfterMs + 60);
    node.forget();
    for (let round = 0; round < 100; round++) {
      node.timeout();
      accept(node, 'b');
      node.receive('c', { type: 'appendAccepted', term: 1, matchIndex: 1, readContext: 0 });
    }
    expect(node.status).toMatchObject({ role: 'leader', quiescent: false });
    expect(node.sends('quiesce')).toHaveLength(200);
    expect(node.sends('appendRequest')).toEqual([]);
    accept(node, 'c');
    expect(node.status.quiescent).toBe(true);
  });

  test('takes no answer of another log, another term, or a stranger', () => {
    const node = new DrivenNode('a', { options }).lead('b', 'c');
    accept(node, 'b', 'c');
    beat(node, quiesceAfterMs + 60);
    accept(node, 'b');
    node.receive('c', { type: 'quiesceAccepted', term: 1, lastIndex: 9 });
    node.receive('c', { type: 'quiesceAccepted', term: 0, lastIndex: 1 });
    accept(node, 'z');
    expect(node.status.quiescent).toBe(false);
  });

  test.each<readonly [string, Input]>([
    ['a proposal', { type: 'propose', proposalId: 1, commands: [new Uint8Array(1)] }],
    ['a read', { type: 'read', readId: 1 }],
    ['a change', change],
    ['a transfer', { type: 'transferLeadership', transferId: 1, to: id('b') }],
    ['doubt', { type: 'wake' }],
    ['a lost link', { type: 'linkLost', peer: id('c') }],
    ['a follower that woke', { type: 'message', from: id('b'), message: { type: 'wakeUp', term: 1 } }],
    ['a forwarded read', { type: 'message', from: id('b'), message: { type: 'readIndexRequest', term: 1, readId: 5 } }],
    ['a pre-vote', { type: 'message', from: id('b'), message: preVoteRequest }],
    ['any other message', { type: 'message', from: id('b'), message: { type: 'appendAccepted', term: 1, matchIndex: 1, readContext: 0 } }],
  ])('wakes by %s: it heartbeats at once, and counts silence from then on', (_, input) => {
    const node = restingLeader();
    node.now += 3_600_000;
    node.give(input);
    expect(node.status).toMatchObject({ quiescent: false, role: 'leader' });
    for (const peer of ['b', 'c']) expect(node.sends('appendRequest', peer).length).toBeGreaterThan(0);
    expect((node.node.deadlineMs ?? Infinity) - node.now).toBeLessThanOrEqual(50);
    const woke = node.now;
    while (node.status.role === 'leader') node.timeout();
    expect(node.now - woke).toBeGreaterThanOrEqual(600);
    expect(node.now - woke).toBeLessThanOrEqual(700);
  });

  test.each<readonly [string, Input]>([
    ['a late timer', { type: 'time' }],
    ['a snapshot of its own', { type: 'snapshotTaken', snapshot: snapshotAt(1, 1, configurationOf('a', 'b', 'c')), keepEntries: 0 }],
    ['an answer that came twice', { type: 'message', from: id('b'), message: { type: 'quiesceAccepted', term: 1, lastIndex: 1 } }],
    ['what no honest node sends', { type: 'message', from: id('b'), message: append(-1, [0, 0]) }],
  ])('is not woken by %s', (_, input) => {
    const node = restingLeader();
    node.give(input);
    expect(node.status.quiescent).toBe(true);
    expect(node.all('send')).toEqual([]);
  });

  test('hearing of a later term ends its rest and its lead together', () => {
    const node = restingLeader();
    node.receive('b', { type: 'quiesceAccepted', term: 5, lastIndex: 1 });
    expect(node.status).toMatchObject({ quiescent: false, role: 'follower', term: 5 });
    expect(node.node.deadlineMs).not.toBeNull();
  });

  test('its log time goes on through the rest: it neither stands still nor jumps', () => {
    const node = restingLeader();
    const before = node.status.logTimeMs;
    node.now += 3_600_000;
    expect(node.status.logTimeMs).toBe(before + 3_600_000);
    node.propose('x');
    expect(node.all('write')[0]?.entries[0]?.logTimeMs).toBe(before + 3_600_000);
    node.now += 40;
    expect(node.status.logTimeMs).toBe(before + 3_600_040);
  });

  test('a leader that rests, wakes and then really sleeps does not count the sleep', () => {
    const node = restingLeader();
    node.now += 5000;
    node.give({ type: 'wake' });
    const before = node.status.logTimeMs;
    node.wait(60_000);
    expect(node.status.logTimeMs).toBe(before + 300);
  });
});

describe('a follower that is asked to rest', () => {
  test('commits what the leader says is committed, answers, and has no timer', () => {
    const node = follower();
    node.receive('b', quiesce());
    expect(node.all('send').map(({ message }) => message)).toEqual([{ type: 'quiesceAccepted', term: 1, lastIndex: 2 }]);
    expect(node.status).toMatchObject({ quiescent: true, commitIndex: 2, leader: 'b' });
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toContain(2);
    expect(node.node.deadlineMs).toBeNull();
    node.forget().wait(1_000_000);
    expect(node.effects).toEqual([]);
  });

  test('answers again when asked again, and rests on', () => {
    const node = restingFollower();
    node.receive('b', quiesce());
    expect(node.all('send').map(({ message }) => message.type)).toEqual(['quiesceAccepted']);
    expect(node.status.quiescent).toBe(true);
  });

  const withRead = (): DrivenNode => {
    const node = follower();
    node.give({ type: 'read', readId: 1 });
    return node.forget();
  };
  const unflushed = (): DrivenNode => {
    const node = new DrivenNode('a', { options });
    node.receive('b', append(1, [0, 0], logOf(1, 1), 1));
    return node.forget();
  };

  test.each<readonly [string, () => DrivenNode, Message]>([
    ['its log ends elsewhere', follower, quiesce(3)],
    ['its log ends in another term', follower, quiesce(2, 2, 0, 2)],
    ['a read waits here', withRead, quiesce()],
    ['its disk is not done', unflushed, quiesce()],
    ['it is one that never rests', () => follower({}), quiesce()],
  ])('does not when %s; to the leader its answer is that to a heartbeat', (_, make, message) => {
    const node = make();
    node.now += 250;
    node.receive('b', message);
    expect(node.status).toMatchObject({ quiescent: false, leader: 'b' });
    expect((node.node.deadlineMs ?? 0) - node.now).toBeGreaterThanOrEqual(300);
    expect(node.sends('quiesceAccepted')).toEqual([]);
    expect(node.lastSent('appendAccepted', 'b').matchIndex).toBeLessThanOrEqual(node.status.commitIndex);
  });

  test('pays no heed to what was sent before something happened', () => {
    const node = restingFollower();
    node.receive('b', quiesce(1));
    node.receive('b', quiesce(2, 1, 0, 0));
    expect(node.effects).toEqual([]);
    expect(node.status.quiescent).toBe(true);
    const awake = follower();
    awake.receive('c', append(2, [2, 1], [], 2));
    awake.write();
    awake.forget().receive('b', quiesce());
    expect(awake.effects).toEqual([]);
    expect(awake.status).toMatchObject({ quiescent: false, leader: 'c', term: 2 });
  });

  test.each<readonly [string, Input, boolean]>([
    ['a heartbeat', { type: 'message', from: id('b'), message: append(1, [2, 1], [], 2) }, false],
    ['a message from another', { type: 'message', from: id('c'), message: preVoteRequest }, true],
    ['a proposal', { type: 'propose', proposalId: 1, commands: [new Uint8Array(1)] }, true],
    ['a read', { type: 'read', readId: 1 }, true],
    ['a change', change, true],
    ['a transfer', { type: 'transferLeadership', transferId: 1, to: null }, true],
    ['doubt', { type: 'wake' }, true],
    ['a lost link to another', { type: 'linkLost', peer: id('c') }, true],
    ['a lost link to the leader', { type: 'linkLost', peer: id('b') }, false],
  ])('wakes by %s', (_, input, tells) => {
    const node = restingFollower();
    node.now += 3_600_000;
    node.give(input);
    expect(node.status.quiescent).toBe(false);
    expect(node.sends('wakeUp').map(({ to }) => to)).toEqual(tells ? ['b'] : []);
    expect(node.node.deadlineMs).toBeGreaterThanOrEqual(node.now);
    expect((node.node.deadlineMs ?? Infinity) - node.now).toBeLessThanOrEqual(600);
  });

  test('is not woken by a timer that came late, or by its disk and state machine', () => {
    const node = restingFollower();
    node.give({ type: 'time' });
    node.give({ type: 'applied', index: 2 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(2, 1, configurationOf('a', 'b', 'c')), keepEntries: 0 });
    expect(node.status.quiescent).toBe(true);
  });

  test('woken by a stray pre-vote it still counts its leader as alive; if the leader stays silent it does not for long', () => {
    const node = restingFollower();
    node.now += 3_600_000;
    node.receive('c', preVoteRequest);
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(false);
    node.now += 300;
    node.receive('c', preVoteRequest);
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(true);
  });

  test('58. when the link to its leader is lost it asks for pre-votes at once, and grants them', () => {
    const node = restingFollower();
    node.now += 3_600_000;
    node.give({ type: 'linkLost', peer: id('b') });
    expect((node.node.deadlineMs ?? Infinity) - node.now).toBeLessThanOrEqual(10);
    node.receive('c', preVoteRequest);
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(true);
    node.timeout();
    expect(node.status.role).toBe('preCandidate');
  });

  test('58. when its leader stays silent after the follower woke, its timer decides', () => {
    const node = restingFollower();
    node.now += 3_600_000;
    node.give({ type: 'wake' });
    node.timeout();
    expect(node.status.role).toBe('preCandidate');
  });

  test('its log time goes on from what the leader said, by its own clock, and never falls back', () => {
    const node = restingFollower(70_000);
    node.now += 3_600_000;
    expect(node.status.logTimeMs).toBe(3_670_000);
    node.receive('b', quiesce(2, 1, 3_669_000));
    expect(node.status.logTimeMs).toBe(3_670_000);
    node.now += 1000;
    expect(node.status.logTimeMs).toBe(3_671_000);
    node.give({ type: 'wake' });
    expect(node.status.logTimeMs).toBe(3_671_000);
    node.now += 200;
    expect(node.status.logTimeMs).toBe(3_671_000);
    node.elect('c');
    expect(node.all('write').at(-1)?.entries[0]?.logTimeMs).toBeGreaterThanOrEqual(3_671_000);
  });
});

function isAtRest(cluster: Cluster): boolean {
  return cluster.isConverged() && [...cluster.hosts.keys()].every((name) => cluster.status(name)?.quiescent === true);
}

/** Everybody rests, after this seed's first election and a few proposals. */
function restingGroup(seed: number, names: readonly string[] = ['a', 'b', 'c']): { readonly cluster: Cluster; readonly leader: string; readonly others: readonly string[]; readonly term: number; readonly lastIndex: number } {
  const cluster = new Cluster(names, seed, options);
  cluster.runUntil('a leader', () => cluster.isConverged());
  for (let count = 0; count < 3; count++) cluster.propose(cluster.leader() ?? '');
  cluster.runUntil('all rest', () => isAtRest(cluster), 3000);
  cluster.run(60_000);
  const leader = cluster.leader() ?? '';
  return { cluster, leader, others: names.filter((name) => name !== leader), term: cluster.status(leader)?.term ?? 0, lastIndex: cluster.status(leader)?.lastIndex ?? 0 };
}

describe('an idle group', () => {
  test('rests as a whole, for as long as nothing happens, and serves as soon as something does', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { cluster, leader, term, lastIndex } = restingGroup(seed, seed % 2 === 0 ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'd', 'e']);
      cluster.run(600_000);
      expect(isAtRest(cluster)).toBe(true);
      const logTimes = [...cluster.hosts.keys()].map((name) => cluster.status(name)?.logTimeMs ?? 0);
      expect(Math.max(...logTimes) - Math.min(...logTimes)).toBeLessThanOrEqual(5);
      cluster.propose(leader);
      cluster.runUntil('a commit', () => cluster.checkers.commitIndexMax > lastIndex, 30);
      expect(cluster.status(leader)).toMatchObject({ role: 'leader', term });
      cluster.runUntil('all rest again', () => isAtRest(cluster), 3000);
    }
  });

  test('a read at a follower, a stray pre-vote and a doubt wake it without deposing its leader', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { cluster, leader, others, term, lastIndex } = restingGroup(seed);
      const other = others[0] ?? '';
      cluster.read(other);
      cluster.run(100);
      expect(cluster.readReadies).toBe(1);
      const inputs: readonly Input[] = [{ type: 'message', from: id(others[1] ?? ''), message: { type: 'preVoteRequest', term: term + 1, round: 1, lastIndex: lastIndex + 9, lastTerm: term } }, { type: 'wake' }];
      for (const input of inputs) {
        cluster.runUntil('all rest', () => isAtRest(cluster), 3000);
        cluster.run(60_000);
        cluster.give(other, input);
        cluster.run(50);
        expect(cluster.status(leader)?.quiescent).toBe(false);
      }
      cluster.runUntil('all rest', () => isAtRest(cluster), 3000);
      expect(cluster.status(leader)).toMatchObject({ role: 'leader', term });
    }
  });

  test('58. when its leader has died the others elect at once', () => {
    const waits = Array.from({ length: 60 }, (_, seed) => {
      const { cluster, leader, others } = restingGroup(seed + 1);
      cluster.crash(leader);
      const killedAt = cluster.now;
      for (const name of others) {
        cluster.give(name, { type: 'linkLost', peer: id(leader) });
        cluster.run(2);
      }
      while (cluster.leader() === null && cluster.now - killedAt < 1000) cluster.run(1);
      return cluster.now - killedAt;
    }).sort((left, right) => left - right);
    expect(waits[30]).toBeLessThanOrEqual(30);
    expect(waits.at(-1)).toBeLessThan(300);
  });

  test('58. when its leader has hung, and a ping is missed, an election timeout decides', () => {
    const { cluster, leader, others } = restingGroup(4);
    cluster.partition([leader], others);
    for (const name of others) cluster.give(name, { type: 'wake' });
    cluster.runUntil('another leader', () => cluster.leader() !== leader, 2000);
    cluster.blocked.clear();
    // The one of the past still rests, and is told by what the new one sends.
    cluster.runUntil('all agree', () => cluster.isConverged(), 2000);
  });

  test('leadership is handed over out of the rest', () => {
    const { cluster, leader } = restingGroup(5);
    cluster.transfer(leader, null);
    cluster.run(100);
    expect(cluster.transfersEnded.map(({ type }) => type)).toEqual(['transferDone']);
    cluster.runUntil('all rest', () => isAtRest(cluster), 3000);
  });

  test('a follower that starts anew finds its leader though the leader rests', () => {
    const { cluster, leader, others, term } = restingGroup(6);
    cluster.crash(others[0] ?? '');
    cluster.start(others[0] ?? '');
    cluster.runUntil('it follows', () => cluster.isConverged(), 1500);
    expect(cluster.status(leader)).toMatchObject({ role: 'leader', term });
    cluster.runUntil('all rest', () => isAtRest(cluster), 3000);
  });

  test('50 storms in which groups rest and wake: nothing unsafe, and agreement, and then rest, in the end', () => {
    let rests = 0;
    let committed = 0;
    for (let seed = 1; seed <= 50; seed++) {
      try {
        const storm = restStorm(seed);
        rests += storm.rests;
        committed += storm.cluster.checkers.commitIndexMax;
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    expect(rests).toBeGreaterThan(500);
    expect(committed).toBeGreaterThan(500);
  });
});

function restStorm(seed: number): { readonly cluster: Cluster; readonly rests: number } {
  const names = seed % 2 === 0 ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'd', 'e'];
  const cluster = new Cluster(names, seed, { quiesceAfterMs: [0, 20, 100][seed % 3] ?? 0 });
  const any = (): string => names[cluster.draw(names.length)] ?? 'a';
  cluster.faults = { lossPercent: cluster.draw(15), duplicatePercent: cluster.draw(30), delayMaxMs: 1 + cluster.draw(60), writeMaxMs: 1 + cluster.draw(10) };
  let rests = 0;
  for (let step = 0; step < 80; step++) {
    cluster.run(cluster.draw(300));
    for (const name of names) if (cluster.status(name)?.quiescent === true) rests++;
    const dice = cluster.draw(100);
    if (dice < 35) cluster.propose(cluster.leader() ?? any());
    else if (dice < 50) cluster.read(any());
    else if (dice < 60) cluster.transfer(cluster.leader() ?? any(), null);
    else if (dice < 64) cluster.snapshot(any(), cluster.draw(4));
    else if (dice < 70) {
      const dead = any();
      cluster.crash(dead);
      // Some notice it by the link, others do not.
      for (const name of names) if (name !== dead && cluster.draw(2) === 0) cluster.give(name, { type: 'linkLost', peer: id(dead) });
    } else if (dice < 78) for (const host of cluster.hosts.values()) { if (host.node === null) cluster.start(host.id); }
    else if (dice < 83) cluster.partition([any()], names);
    else if (dice < 86) cluster.block(any(), any());
    else if (dice < 92) cluster.give(any(), { type: 'wake' });
    else cluster.blocked.clear();
  }
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 2 };
  cluster.blocked.clear();
  for (const host of cluster.hosts.values()) if (host.node === null) cluster.start(host.id);
  // What a driver's missed pings would have brought.
  for (const name of names) cluster.give(name, { type: 'wake' });
  cluster.runUntil('all agree and rest', () => isAtRest(cluster));
  cluster.checkers.logsMatch(cluster.observedAll());
  return { cluster, rests };
}
