import { describe, expect, test } from '@jest/globals';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { configurationOf, id, logOf } from './harness/fixtures.ts';

const voteRequest = (term: number, lastIndex = 0, lastTerm = 0) => ({ type: 'voteRequest', term, lastIndex, lastTerm, transfer: false }) as const;
const preVoteRequest = (term: number, lastIndex = 0, lastTerm = 0) => ({ type: 'preVoteRequest', term, round: 7, lastIndex, lastTerm }) as const;

describe('paper §5.1: terms', () => {
  test('a node starts as follower and knows no leader', () => {
    expect(new DrivenNode('a').status).toMatchObject({ role: 'follower', leader: null, term: 0 });
  });

  test.each(['candidate', 'leader'] as const)('a %s that hears of a later term becomes follower in it', (role) => {
    const node = new DrivenNode('a');
    if (role === 'leader') node.lead('b');
    else {
      node.timeout();
      node.grantPreVotes('b');
    }
    expect(node.status.role).toBe(role);
    node.receive('b', append(9, [0, 0]));
    expect(node.status).toMatchObject({ role: 'follower', term: 9, leader: 'b' });
  });

  test('a request of an earlier term is answered with the own term and changes nothing', () => {
    const node = new DrivenNode('a', { term: 5 });
    node.receive('b', append(4, [0, 0], logOf(4)));
    expect(node.lastSent('appendRejected', 'b').term).toBe(5);
    expect(node.status).toMatchObject({ lastIndex: 0, leader: null });
  });
});

describe('paper §5.2: elections', () => {
  test('a follower that hears nothing within its timeout asks for pre-votes, then for votes of the next term', () => {
    const node = new DrivenNode('a', { term: 3 });
    const deadline = node.node.deadlineMs ?? 0;
    expect(deadline - node.now).toBeGreaterThanOrEqual(300);
    expect(deadline - node.now).toBeLessThanOrEqual(600);
    node.timeout();
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 3 });
    expect(node.sends('preVoteRequest').map(({ to }) => to)).toEqual(['b', 'c']);
    node.grantPreVotes('b');
    expect(node.status).toMatchObject({ role: 'candidate', term: 4 });
    expect(node.sends('voteRequest').map(({ to }) => to)).toEqual(['b', 'c']);
  });

  test('a leader heard in time puts the timeout off', () => {
    const node = new DrivenNode('a');
    for (let beat = 0; beat < 40; beat++) {
      node.now += 50;
      node.receive('b', append(1, [0, 0]));
      node.give({ type: 'time' });
    }
    expect(node.status).toMatchObject({ role: 'follower', leader: 'b' });
  });

  test('timeouts differ between nodes of one seed and between elections of one node', () => {
    const timeouts = ['a', 'b', 'c'].map((name) => new DrivenNode(name).node.deadlineMs);
    expect(new Set(timeouts).size).toBe(3);
    const node = new DrivenNode('a');
    const waits = Array.from({ length: 8 }, () => {
      node.timeout();
      return (node.node.deadlineMs ?? 0) - node.now;
    });
    expect(new Set(waits).size).toBeGreaterThan(4);
  });

  test('a leader sends heartbeats at once and then in every interval', () => {
    const node = new DrivenNode('a').lead('b');
    node.timeout();
    expect(node.sends('appendRequest').map(({ to }) => to)).toEqual(['b', 'c']);
  });

  test('§5.4.1: a vote goes only to a candidate whose log is at least as up-to-date', () => {
    const grants = (lastIndex: number, lastTerm: number): boolean => {
      const node = new DrivenNode('a', { entries: logOf(1, 1, 2) });
      node.receive('b', voteRequest(3, lastIndex, lastTerm));
      return node.lastSent('voteResponse').granted;
    };
    expect([grants(3, 2), grants(4, 2), grants(1, 3)]).toEqual([true, true, true]);
    expect([grants(2, 2), grants(9, 1)]).toEqual([false, false]);
  });

  test('one vote a term, first come, repeated on demand', () => {
    const node = new DrivenNode('a');
    const granted = ['b', 'c', 'b'].map((from) => {
      node.receive(from, voteRequest(1));
      return node.lastSent('voteResponse', from).granted;
    });
    expect(granted).toEqual([true, false, true]);
  });

  test('a sole voter leads as soon as its own vote is durable', () => {
    const node = new DrivenNode('a', { voters: ['a'] });
    node.timeout();
    expect(node.status.role).toBe('candidate');
    node.write();
    expect(node.status.role).toBe('leader');
  });
});

describe('scenarios: elections and votes', () => {
  test('1. a vote leaves only when it is durable, and outlives a restart', () => {
    const node = new DrivenNode('a');
    node.receive('b', voteRequest(1));
    const [write] = node.all('write');
    expect(write?.hardState).toEqual({ term: 1, votedFor: 'b' });
    expect(node.sends('voteResponse')[0]?.after).toBe(write?.writeId);
    const restarted = new DrivenNode('a', { term: 1, votedFor: 'b' });
    restarted.receive('c', voteRequest(1));
    expect(restarted.lastSent('voteResponse').granted).toBe(false);
  });

  test('2. a candidate counts its own vote, and lets others count it, only when it is durable', () => {
    const node = new DrivenNode('a');
    node.timeout();
    node.grantPreVotes('b');
    const writeId = node.all('write')[0]?.writeId;
    expect(writeId).toBeDefined();
    expect(node.sends('voteRequest').every(({ after }) => after === writeId)).toBe(true);
    node.receive('b', { type: 'voteResponse', term: 1, granted: true });
    expect(node.status.role).toBe('candidate');
    node.write();
    expect(node.status.role).toBe('leader');
  });

  test('2. an earlier write that completes does not make the own vote durable', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], logOf(1)));
    const earlier = node.all('write')[0]?.writeId ?? 0;
    node.timeout();
    node.grantPreVotes('c');
    node.receive('c', { type: 'voteResponse', term: 2, granted: true });
    node.give({ type: 'written', writeId: earlier });
    expect(node.status.role).toBe('candidate');
  });

  test('2. an own vote made durable after the election was lost does nothing', () => {
    const node = new DrivenNode('a');
    node.timeout();
    node.grantPreVotes('b');
    node.receive('b', append(1, [0, 0]));
    node.write();
    expect(node.status).toMatchObject({ role: 'follower', leader: 'b' });
  });

  test('3. stepping down in the same term keeps the vote', () => {
    const node = new DrivenNode('a').lead('b');
    // Check-quorum: nobody answers.
    for (let beat = 0; beat < 20 && node.status.role === 'leader'; beat++) node.timeout();
    expect(node.status).toMatchObject({ role: 'follower', term: 1, leader: null });
    node.receive('c', voteRequest(1, 9, 1));
    expect(node.lastSent('voteResponse', 'c').granted).toBe(false);
    const candidate = new DrivenNode('a');
    candidate.timeout();
    candidate.grantPreVotes('b');
    candidate.receive('b', append(1, [0, 0]));
    candidate.now += 1000;
    candidate.receive('c', voteRequest(1, 9, 1));
    expect(candidate.lastSent('voteResponse', 'c').granted).toBe(false);
  });

  test('4. answers to an earlier pre-vote round or election are ignored', () => {
    const node = new DrivenNode('a');
    node.timeout();
    const { round } = node.lastSent('preVoteRequest');
    node.timeout();
    node.receive('b', { type: 'preVoteResponse', term: 1, round, granted: true });
    expect(node.status.role).toBe('preCandidate');
    node.grantPreVotes('b');
    node.write();
    node.receive('b', { type: 'voteResponse', term: 0, granted: true });
    expect(node.status.role).toBe('candidate');
    node.receive('b', { type: 'voteResponse', term: 1, granted: true });
    // A pre-vote won too late must not make a leader campaign.
    node.receive('c', { type: 'preVoteResponse', term: 2, round: round + 1, granted: true });
    expect(node.status).toMatchObject({ role: 'leader', term: 1 });
  });

  test('4. one peer counts once, however often its answer comes', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b', 'c', 'd', 'e'] });
    node.timeout();
    node.grantPreVotes('b', 'b', 'b');
    expect(node.status.role).toBe('preCandidate');
  });

  test('5. granting a pre-vote changes neither vote nor timer', () => {
    const node = new DrivenNode('a');
    const deadline = node.node.deadlineMs;
    node.receive('b', preVoteRequest(1));
    expect(node.lastSent('preVoteResponse')).toMatchObject({ granted: true, term: 1, round: 7 });
    expect(node.node.deadlineMs).toBe(deadline);
    expect(node.all('write')).toEqual([]);
    node.receive('c', voteRequest(1));
    expect(node.lastSent('voteResponse').granted).toBe(true);
  });

  test('6. a pre-vote refused by a later term teaches that term, without a vote', () => {
    const node = new DrivenNode('a');
    node.timeout();
    const { round } = node.lastSent('preVoteRequest');
    node.receive('b', { type: 'preVoteResponse', term: 8, round, granted: false });
    expect(node.status).toMatchObject({ role: 'follower', term: 8 });
    expect(node.all('write').at(-1)?.hardState).toEqual({ term: 8, votedFor: null });
  });

  test('7. candidates of different terms without a leader converge', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 11);
    cluster.crash('c');
    for (const [name, term] of [['a', 3], ['b', 9]] as const) cluster.give(name, { type: 'message', from: id('c'), message: voteRequest(term, 50, 1) });
    cluster.runUntil('a leader', () => cluster.leader() !== null, 5000);
    expect(cluster.status('a')?.term).toBe(cluster.status('b')?.term);
  });

  test('8. when the leader dies silently the followers drop it in time and elect another', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 5);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const first = cluster.leader() ?? '';
    cluster.crash(first);
    cluster.runUntil('another leader', () => cluster.leader() !== null, 2000);
    expect(cluster.leader()).not.toBe(first);
  });

  test('10. a node back from a partition does not depose a healthy leader', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 6);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const leader = cluster.leader() ?? '';
    const before = cluster.status(leader)?.term;
    const away = ['a', 'b', 'c'].find((name) => name !== leader) ?? '';
    cluster.partition([away], ['a', 'b', 'c'].filter((name) => name !== away));
    cluster.run(10_000);
    cluster.blocked.clear();
    cluster.run(3000);
    expect(cluster.leader()).toBe(leader);
    expect(cluster.status(leader)?.term).toBe(before);
  });

  test('10. who hears a leader refuses both votes and pre-votes, and does not take the term', () => {
    const node = new DrivenNode('a', { term: 2 });
    node.receive('b', append(2, [0, 0]));
    node.receive('c', voteRequest(7, 9, 2));
    node.receive('c', preVoteRequest(7, 9, 2));
    expect(node.lastSent('voteResponse', 'c')).toMatchObject({ granted: false, term: 2 });
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(false);
    node.now += 300;
    node.receive('c', preVoteRequest(7, 9, 2));
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(true);
  });

  test('11. a leader that can send but not receive steps down', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 8);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const leader = cluster.leader() ?? '';
    for (const name of ['a', 'b', 'c']) if (name !== leader) cluster.block(name, leader);
    cluster.runUntil('another leader', () => cluster.leader() !== null && cluster.leader() !== leader, 5000);
    expect(cluster.status(leader)?.role).not.toBe('leader');
  });

  test('11. where only a hub reaches everybody, a leader with a majority is found and stays', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 9);
    cluster.block('a', 'c');
    cluster.block('c', 'a');
    cluster.runUntil('a leader', () => cluster.leader() !== null);
    cluster.run(3000);
    const { leader, term } = { leader: cluster.leader() ?? '', term: cluster.status(cluster.leader() ?? 'a')?.term };
    cluster.run(10_000);
    expect(cluster.leader()).toBe(leader);
    expect(cluster.status(leader)?.term).toBe(term);
  });

  test('12. a candidate that gets a snapshot of its own term follows its sender', () => {
    const node = new DrivenNode('a');
    node.timeout();
    node.grantPreVotes('b');
    const snapshot = { lastIndex: 5, lastTerm: 1, logTimeMs: 0, configuration: configurationOf('a', 'b', 'c'), sizeBytes: 2 };
    node.receive('b', { type: 'snapshotChunk', term: 1, snapshot, offsetBytes: 0, data: new Uint8Array(1), done: false });
    expect(node.status).toMatchObject({ role: 'follower', leader: 'b' });
    expect(node.all('writeSnapshotChunk')).toHaveLength(1);
  });

  test('14. a node that knows itself only as learner, or not at all, votes when asked, and never campaigns', () => {
    const node = new DrivenNode('d');
    node.timeout();
    expect(node.status.role).toBe('follower');
    node.receive('b', voteRequest(1));
    expect(node.lastSent('voteResponse').granted).toBe(true);
  });

  test('31. the term of a candidate whose disk hangs does not run away, so that it does not depose a healthy leader when the disk comes back', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    while (node.status.role === 'leader') {
      node.timeout();
      for (const follower of ['b', 'c']) node.accept(follower, 2);
    }
    for (let count = 0; count < 30; count++) {
      node.timeout();
      if (node.status.role === 'preCandidate') node.grantPreVotes('b', 'c');
    }
    expect(node.status.term).toBeLessThanOrEqual(2);
    node.write();
    node.timeout();
    node.grantPreVotes('b', 'c');
    expect(node.status).toMatchObject({ role: 'candidate', term: 3 });
  });

  test('56. a deadline missed by far is put off once, so that waiting messages come first', () => {
    const node = new DrivenNode('a');
    node.now = (node.node.deadlineMs ?? 0) + 5000;
    node.give({ type: 'time' });
    expect(node.status.role).toBe('follower');
    node.timeout();
    expect(node.status.role).toBe('preCandidate');
  });

  test('56. a leader back from a stall asks before it gives up', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.wait(60_000);
    expect(node.status.role).toBe('leader');
    expect(node.sends('appendRequest')).toHaveLength(2);
  });

  test('56. heartbeats keep to the rhythm of the start of the term, however late the timer', () => {
    const node = new DrivenNode('a').lead('b');
    const first = node.node.deadlineMs ?? 0;
    node.now = first + 20;
    node.give({ type: 'time' });
    expect(node.node.deadlineMs).toBe(first + 50);
  });
});

describe('a lost link is a hint (DESIGN §3)', () => {
  test('the follower forgets that leader and asks for pre-votes within 10 ms', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.give({ type: 'linkLost', peer: id('c') });
    expect(node.status.leader).toBe('b');
    node.give({ type: 'linkLost', peer: id('b') });
    expect(node.status.leader).toBeNull();
    expect((node.node.deadlineMs ?? Infinity) - node.now).toBeLessThanOrEqual(10);
    node.receive('c', preVoteRequest(2));
    expect(node.lastSent('preVoteResponse', 'c').granted).toBe(true);
  });

  test('it follows again when that leader speaks', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.give({ type: 'linkLost', peer: id('b') });
    node.receive('b', append(1, [0, 0]));
    node.wait(10);
    expect(node.status).toMatchObject({ role: 'follower', leader: 'b' });
  });

  test('a refusal by one who has not noticed yet is followed by a quick retry', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.give({ type: 'linkLost', peer: id('b') });
    node.timeout();
    node.receive('c', { type: 'preVoteResponse', term: 1, round: node.lastSent('preVoteRequest').round, granted: false });
    expect((node.node.deadlineMs ?? Infinity) - node.now).toBeLessThanOrEqual(40);
  });

  test('who is asked first lets the other go first, once', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.give({ type: 'linkLost', peer: id('b') });
    node.receive('c', preVoteRequest(2));
    const putOff = node.node.deadlineMs ?? 0;
    expect(putOff - node.now).toBeGreaterThanOrEqual(10);
    expect(putOff - node.now).toBeLessThan(20);
    node.now += 5;
    node.receive('c', { ...preVoteRequest(2), round: 2 });
    expect(node.lastSent('preVoteResponse', 'c')).toMatchObject({ granted: true, round: 2 });
    expect(node.node.deadlineMs).toBe(putOff);
  });

  test.each([['c', 'b', 'follower'], ['a', 'b', 'preCandidate']])('of two who ask each other the one with the higher id lets go: %s, asked by %s, is %s', (name, other, role) => {
    const leader = ['a', 'b', 'c'].find((node) => node !== name && node !== other) ?? '';
    const node = new DrivenNode(name);
    node.receive(leader, append(1, [0, 0]));
    node.give({ type: 'linkLost', peer: id(leader) });
    node.timeout();
    expect(node.status.role).toBe('preCandidate');
    node.receive(other, preVoteRequest(2));
    expect(node.status.role).toBe(role);
    expect(node.lastSent('preVoteResponse', other).granted).toBe(true);
  });

  test('a leader that is back counts again: the two of them elect, and the one with the longer log leads', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b'] });
    node.receive('b', append(1, [0, 0], logOf(1)));
    node.give({ type: 'linkLost', peer: id('b') });
    node.timeout();
    const { round } = node.lastSent('preVoteRequest', 'b');
    expect(node.status.role).toBe('follower');
    // It has restarted and lost what it had not flushed.
    node.receive('b', { type: 'preVoteResponse', term: 2, round, granted: true });
    node.timeout();
    node.receive('b', { type: 'preVoteResponse', term: 2, round: node.lastSent('preVoteRequest', 'b').round, granted: true });
    expect(node.status).toMatchObject({ role: 'candidate', term: 2 });
  });

  test('survivors elect within tens of ms, also when they notice one after the other or collide', () => {
    const waits = Array.from({ length: 60 }, (_, seed) => {
      const cluster = new Cluster(['a', 'b', 'c'], seed);
      cluster.runUntil('a leader', () => cluster.isConverged());
      const leader = cluster.leader() ?? '';
      cluster.propose(leader);
      cluster.run(seed % 3);
      cluster.crash(leader);
      const killedAt = cluster.now;
      // A closed connection delivers nothing more: what was on its way has come by now.
      cluster.run(2.5);
      for (const name of ['a', 'b', 'c'].filter((other) => other !== leader)) {
        cluster.give(name, { type: 'linkLost', peer: id(leader) });
        cluster.run(2);
      }
      while (cluster.leader() === null) cluster.run(1);
      return cluster.now - killedAt;
    }).sort((left, right) => left - right);
    expect(waits[30]).toBeLessThanOrEqual(30);
    expect(waits.at(-1)).toBeLessThanOrEqual(40);
  });
});
