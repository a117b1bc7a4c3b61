import { describe, expect, test } from '@jest/globals';
import type { Message } from '@raft-mesh/raft';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { configurationOf, id, logOf, snapshotAt } from './harness/fixtures.ts';

const transfer = (node: DrivenNode, to: string | null, transferId = 1) => node.give({ type: 'transferLeadership', transferId, to: to === null ? null : id(to) });
const refusals = (node: DrivenNode) => node.all('transferRefused').map(({ transferId, reason }) => [transferId, reason]);
const timeoutNow = (term: number, lastIndex: number, lastTerm: number): Message => ({ type: 'timeoutNow', term, lastIndex, lastTerm });

describe('a leader hands over (thesis §3.10)', () => {
  test('to a follower that holds its whole log: at once', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    expect(node.sends('timeoutNow')).toEqual([{ type: 'send', to: 'b', after: null, message: timeoutNow(1, 1, 1) }]);
  });

  test('to one that lacks something: only when it has matched the end of the log', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x', 'y');
    node.accept('c', 3);
    transfer(node, 'b');
    node.accept('b', 2);
    expect(node.sends('timeoutNow')).toEqual([]);
    node.accept('b', 3);
    expect(node.lastSent('timeoutNow', 'b')).toEqual(timeoutNow(1, 3, 1));
    expect(node.sends('timeoutNow')).toHaveLength(1);
  });

  test('again with each heartbeat, until the target answers or the time is over; then it serves again', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.propose('no');
    expect(node.all('proposalRefused')[0]?.reason).toEqual({ code: 'transferring', to: 'b' });
    for (const until = node.now + 599; (node.node.deadlineMs ?? Infinity) <= until;) {
      node.timeout();
      for (const follower of ['b', 'c']) node.accept(follower, 1);
    }
    expect(node.sends('timeoutNow').length).toBeGreaterThan(10);
    expect(refusals(node)).toEqual([]);
    node.timeout();
    expect(refusals(node)).toEqual([[1, { code: 'timedOut', id: 'b' }]]);
    node.forget().propose('yes');
    expect(node.all('proposalAccepted')).toHaveLength(1);
    node.timeout();
    expect(node.sends('timeoutNow')).toEqual([]);
  });

  test('a time that is over is noticed with any input, and the driver is told when to come', () => {
    const node = new DrivenNode('a', { options: { heartbeatIntervalMs: 100_000 } }).lead('b', 'c');
    transfer(node, 'b');
    expect(node.node.deadlineMs).toBe(node.now + 600);
    node.now += 100_000;
    node.accept('c', 1);
    expect(refusals(node)).toEqual([[1, { code: 'timedOut', id: 'b' }]]);
  });

  test('it is done when the target is heard as leader of a later term', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b', 9);
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    expect(node.status).toMatchObject({ role: 'follower', term: 2 });
    expect(node.lastSent('voteResponse', 'b').granted).toBe(true);
    expect(node.all('transferDone')).toEqual([]);
    node.receive('b', append(2, [1, 1]));
    expect(node.all('transferDone')).toEqual([{ type: 'transferDone', transferId: 9, leader: 'b' }]);
  });

  test('or when anyone else is; when nobody is heard, or only itself again, leadership was lost', () => {
    const lost = (): DrivenNode => {
      const node = new DrivenNode('a').lead('b', 'c');
      transfer(node, 'b');
      node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
      return node;
    };
    const other = lost();
    other.receive('c', append(3, [1, 1]));
    expect(other.all('transferDone')[0]?.leader).toBe('c');
    const silent = lost();
    silent.wait(600);
    expect(refusals(silent)).toEqual([[1, { code: 'leadershipLost' }]]);
    const again = lost();
    again.elect('b', 'c');
    expect(refusals(again)).toEqual([[1, { code: 'leadershipLost' }]]);
    expect(again.all('transferDone')).toEqual([]);
  });

  test('a stopped node leaves nobody waiting', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.give({ type: 'writeFailed', writeId: 9, reason: 'EIO' });
    transfer(node, 'c', 2);
    expect(refusals(node)).toEqual([[1, { code: 'stopped' }], [2, { code: 'stopped' }]]);
  });

  test('a node that finds itself in the impossible still answers once, as stopped', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    // Another leader of the same term.
    node.receive('c', append(1, [0, 0]));
    expect(node.all('stopped')).toHaveLength(1);
    expect(refusals(node)).toEqual([[1, { code: 'stopped' }]]);
  });
});

describe('typed refusals of a transfer', () => {
  test('notLeader, with a hint', () => {
    const node = new DrivenNode('a');
    transfer(node, 'b');
    node.receive('c', append(1, [0, 0]));
    transfer(node, null, 2);
    expect(refusals(node)).toEqual([[1, { code: 'notLeader', leader: null }], [2, { code: 'notLeader', leader: 'c' }]]);
  });

  test('transferring: one at a time', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    transfer(node, 'c', 2);
    transfer(node, 'a', 3);
    expect(refusals(node)).toEqual([[2, { code: 'transferring', to: 'b' }], [3, { code: 'transferring', to: 'b' }]]);
  });

  test('13. to itself is done at once, and nothing happens', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'a');
    expect(node.effects).toEqual([{ type: 'transferDone', transferId: 1, leader: 'a' }]);
    node.propose('x');
    expect(node.all('proposalAccepted')).toHaveLength(1);
  });

  test('notVoter: a learner, a stranger', () => {
    const node = new DrivenNode('a', { snapshot: snapshotAt(0, 0, { ...configurationOf('a', 'b', 'c'), learners: [{ id: id('l'), address: '', promotable: false }] }) }).lead('b', 'c');
    node.accept('l', 1);
    transfer(node, 'l');
    transfer(node, 'z', 2);
    expect(refusals(node)).toEqual([[1, { code: 'notVoter', id: 'l' }], [2, { code: 'notVoter', id: 'z' }]]);
  });

  test('unreachable: not heard within an election timeout, or gone meanwhile', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    for (const until = node.now + 601; node.now < until;) {
      node.timeout();
      node.accept('c', 1);
    }
    transfer(node, 'b');
    transfer(node, 'c', 2);
    node.give({ type: 'linkLost', peer: id('b') });
    expect(refusals(node)).toEqual([[1, { code: 'unreachable', id: 'b' }]]);
    node.give({ type: 'linkLost', peer: id('c') });
    expect(refusals(node)[1]).toEqual([2, { code: 'unreachable', id: 'c' }]);
    node.propose('x');
    expect(node.all('proposalAccepted')).toHaveLength(1);
  });

  test('changeInProgress: while a change of the configuration is not committed', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.give({ type: 'changeConfiguration', changeId: 1, basedOn: 0, voters: configurationOf('a', 'b').voters, learners: [] });
    transfer(node, 'b');
    expect(refusals(node)).toEqual([[1, { code: 'changeInProgress', index: 2 }]]);
    expect(node.sends('timeoutNow')).toEqual([]);
  });

  test('and while it hands over, no change of the configuration begins', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.give({ type: 'changeConfiguration', changeId: 1, basedOn: 0, voters: configurationOf('a', 'b').voters, learners: [] });
    expect(node.all('changeRefused')[0]?.reason).toEqual({ code: 'transferring', to: 'b' });
  });

  test('noCandidate: a leader alone, or one that nobody has answered yet', () => {
    const alone = new DrivenNode('a', { voters: ['a'] }).lead();
    transfer(alone, null);
    expect(refusals(alone)).toEqual([[1, { code: 'noCandidate' }]]);
    const fresh = new DrivenNode('a').elect('b');
    transfer(fresh, null);
    expect(refusals(fresh)).toEqual([[1, { code: 'noCandidate' }]]);
  });

  test('to whomever: the voter that lacks least of those that answer', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b', 'c', 'd'] }).lead('b', 'c', 'd');
    node.propose('x', 'y');
    node.accept('b', 2);
    node.accept('c', 3);
    transfer(node, null);
    expect(node.sends('timeoutNow').map(({ to }) => to)).toEqual(['c']);
  });
});

describe('the target', () => {
  const follower = (): DrivenNode => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], logOf(1, 1), 1));
    node.write();
    return node.forget();
  };

  test('campaigns at once, with no pre-vote, and says why', () => {
    const node = follower();
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.status).toMatchObject({ role: 'candidate', term: 2, leader: null });
    expect(node.sends('preVoteRequest')).toEqual([]);
    expect(node.sends('voteRequest').map(({ to, message }) => [to, message])).toEqual(['b', 'c'].map((to) => [to, { type: 'voteRequest', term: 2, lastIndex: 2, lastTerm: 1, transfer: true }]));
    // Its own vote first (scenario 2).
    expect(node.sends('voteRequest')[0]?.after).toBe(node.all('write')[0]?.writeId);
  });

  test('13. behind: it does not reach the end of the log, or holds another', () => {
    const node = follower();
    node.receive('b', timeoutNow(1, 3, 1));
    node.receive('b', timeoutNow(2, 2, 2));
    expect(node.sends('timeoutNowRefused').map(({ message }) => message)).toEqual([
      { type: 'timeoutNowRefused', term: 1, reason: 'behind' },
      { type: 'timeoutNowRefused', term: 2, reason: 'behind' },
    ]);
    expect(node.status.role).toBe('follower');
  });

  test('13. not flushed', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], logOf(1, 1), 1));
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.lastSent('timeoutNowRefused', 'b').reason).toBe('notFlushed');
    node.write();
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.status.role).toBe('candidate');
  });

  test('13. no voter', () => {
    const node = new DrivenNode('d', { entries: logOf(1, 1) });
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.lastSent('timeoutNowRefused', 'b').reason).toBe('notVoter');
  });

  test('13. installing a snapshot', () => {
    const node = follower();
    const snapshot = { lastIndex: 9, lastTerm: 1, logTimeMs: 0, configuration: configurationOf('a', 'b', 'c'), sizeBytes: 1 };
    node.receive('b', { type: 'snapshotChunk', term: 1, snapshot, offsetBytes: 0, data: new Uint8Array(1), done: true });
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.lastSent('timeoutNowRefused', 'b').reason).toBe('installing');
  });

  test('a leader of the past is told the term, and nothing else happens', () => {
    const node = follower();
    node.receive('c', append(4, [2, 1]));
    node.receive('b', timeoutNow(1, 2, 1));
    expect(node.lastSent('timeoutNowRefused', 'b').term).toBe(4);
    expect(node.status).toMatchObject({ role: 'follower', leader: 'c', term: 4 });
  });

  test('its refusal ends the transfer as declined; one from another peer, or another term, does not', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.receive('c', { type: 'timeoutNowRefused', term: 1, reason: 'notVoter' });
    node.receive('b', { type: 'timeoutNowRefused', term: 0, reason: 'notVoter' });
    expect(refusals(node)).toEqual([]);
    node.receive('b', { type: 'timeoutNowRefused', term: 1, reason: 'notFlushed' });
    expect(refusals(node)).toEqual([[1, { code: 'declined', id: 'b', reason: 'notFlushed' }]]);
    node.propose('x');
    expect(node.all('proposalAccepted')).toHaveLength(1);
  });
});

describe('the others', () => {
  test('grant a vote that the leader asked for although they hear it, and only such a one', () => {
    const node = new DrivenNode('c');
    node.receive('a', append(1, [0, 0]));
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 0, lastTerm: 0, transfer: false });
    expect(node.lastSent('voteResponse', 'b')).toMatchObject({ granted: false, term: 1 });
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 0, lastTerm: 0, transfer: true });
    expect(node.lastSent('voteResponse', 'b')).toMatchObject({ granted: true, term: 2 });
  });

  test('refuse it like any other when its log lacks something, or the vote is given', () => {
    const node = new DrivenNode('c', { entries: logOf(1, 1) });
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    node.receive('a', { type: 'voteRequest', term: 2, lastIndex: 2, lastTerm: 1, transfer: true });
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 9, lastTerm: 1, transfer: true });
    expect(node.sends('voteResponse').map(({ to, message }) => [to, message.granted])).toEqual([['b', false], ['a', true], ['b', false]]);
  });
});

describe('51. reads while leadership is handed over', () => {
  test('are answered only by a quorum that was asked after them and is still in this term', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.give({ type: 'read', readId: 5 });
    const { readContext } = node.lastSent('appendRequest', 'c');
    // What was said before the read, or in another term, is no confirmation.
    node.accept('c', 1, 0);
    expect(node.all('readReady')).toEqual([]);
    node.accept('c', 1, readContext);
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 5, index: 1 }]);
  });

  test('fail when the target takes over first', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    transfer(node, 'b');
    node.give({ type: 'read', readId: 5 });
    const { readContext } = node.lastSent('appendRequest', 'c');
    node.receive('b', { type: 'voteRequest', term: 2, lastIndex: 1, lastTerm: 1, transfer: true });
    node.receive('c', { type: 'appendAccepted', term: 1, matchIndex: 1, readContext });
    expect(node.all('readReady')).toEqual([]);
    expect(node.all('readRefused').map(({ readId, reason }) => [readId, reason.code])).toEqual([[5, 'leadershipLost']]);
  });

  test('in a group: no read goes back behind what the next leader has committed', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const cluster = new Cluster(['a', 'b', 'c'], seed);
      cluster.runUntil('a leader', () => cluster.isConverged());
      const leader = cluster.leader() ?? '';
      cluster.propose(leader);
      cluster.transfer(leader, null);
      for (let step = 0; step < 60; step++) {
        cluster.run(0.5);
        // The harness throws when a read is answered below what was committed when it was asked.
        for (const name of ['a', 'b', 'c']) cluster.read(name);
        cluster.propose(cluster.leader() ?? leader);
      }
      expect(cluster.transfersEnded.map(({ type }) => type)).toEqual(['transferDone']);
      expect(cluster.readReadies).toBeGreaterThan(0);
    }
  });
});

describe('a group', () => {
  test('a calm transfer takes a few exchanges and no election timeout', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const cluster = new Cluster(['a', 'b', 'c', 'd', 'e'], seed);
      cluster.runUntil('a leader', () => cluster.isConverged());
      const leader = cluster.leader() ?? '';
      const to = ['a', 'b', 'c', 'd', 'e'].find((name) => name !== leader) ?? '';
      const term = cluster.status(leader)?.term ?? 0;
      const startedAt = cluster.now;
      const transferId = cluster.transfer(leader, to);
      cluster.runUntil('the transfer ends', () => cluster.transfersEnded.length > 0, 100);
      expect(cluster.transfersEnded).toEqual([{ type: 'transferDone', transferId, leader: to }]);
      expect(cluster.now - startedAt).toBeLessThanOrEqual(30);
      expect(cluster.status(to)).toMatchObject({ role: 'leader', term: term + 1 });
    }
  });

  test('100 storms with transfers all the time: nothing unsafe, every transfer is answered once, and the group agrees in the end', () => {
    const ended = new Map<string, number>();
    for (let seed = 1; seed <= 100; seed++) {
      try {
        for (const { type } of transferStorm(seed).transfersEnded) ended.set(type, (ended.get(type) ?? 0) + 1);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
    expect(ended.get('transferDone')).toBeGreaterThan(300);
    expect(ended.get('transferRefused')).toBeGreaterThan(300);
  });
});

function transferStorm(seed: number): Cluster {
  const names = seed % 2 === 0 ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'd', 'e'];
  const cluster = new Cluster(names, seed);
  const any = (): string => names[cluster.draw(names.length)] ?? 'a';
  cluster.faults = { lossPercent: cluster.draw(15), duplicatePercent: cluster.draw(20), delayMaxMs: 1 + cluster.draw(20), writeMaxMs: 1 + cluster.draw(20) };
  const asked = new Map<number, { readonly name: string; readonly life: number }>();
  for (let step = 0; step < 80; step++) {
    cluster.run(cluster.draw(60));
    const dice = cluster.draw(100);
    if (dice < 40) for (let count = cluster.draw(4); count >= 0; count--) cluster.propose(cluster.leader() ?? any());
    else if (dice < 50) cluster.read(any());
    else if (dice < 80) {
      const name = cluster.draw(5) === 0 ? any() : cluster.leader() ?? any();
      const life = cluster.hosts.get(id(name))?.life ?? 0;
      if (cluster.status(name) !== null) asked.set(cluster.transfer(name, cluster.draw(3) === 0 ? null : any()), { name, life });
    } else if (dice < 83) cluster.crash(any());
    else if (dice < 86) cluster.give(any(), { type: 'linkLost', peer: id(any()) });
    else if (dice < 92) for (const host of cluster.hosts.values()) { if (host.node === null) cluster.start(host.id); }
    else if (dice < 95) cluster.partition([any()], names);
    else cluster.blocked.clear();
  }
  cluster.faults = { lossPercent: 0, duplicatePercent: 0, delayMaxMs: 2, writeMaxMs: 2 };
  cluster.blocked.clear();
  for (const host of cluster.hosts.values()) if (host.node === null) cluster.start(host.id);
  cluster.run(1200);
  cluster.runUntil('all agree', () => cluster.isConverged());
  cluster.checkers.logsMatch(cluster.observedAll());
  const answered = cluster.transfersEnded.map(({ transferId }) => transferId);
  if (new Set(answered).size !== answered.length) throw new Error('a transfer was answered twice');
  for (const [transferId, { name, life }] of asked) {
    if (cluster.hosts.get(id(name))?.life === life && !answered.includes(transferId)) throw new Error(`transfer ${transferId} was never answered`);
  }
  return cluster;
}
