import { describe, expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { Cluster } from '../harness/cluster.ts';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { logOf } from '../harness/fixtures.ts';
import { candidate, five, Group, votes, voteRequest } from './support.ts';

describe('§5 before §5.1', () => {
  test('§5 ¶2: a leader is elected first; it takes entries, replicates them, and says when they may be applied', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.node('b').propose('nobody leads');
    expect(group.node('b').all('proposalRefused')).toHaveLength(1);
    group.elect('a').propose('a', 'x');
    expect(group.log('b')).toEqual(group.log('a'));
    expect(group.applied('b')).toEqual(group.log('a'));
  });

  test('§5 ¶2: data flow from the leader to the others only', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x').beat('a').elect('b').propose('b', 'y');
    for (const node of group.nodes) {
      const sent = node.effects.filter((effect) => effect.type === 'send' && (effect.message.type === 'appendRequest' || effect.message.type === 'snapshotChunk'));
      expect(sent.length > 0).toBe(node.status.id !== 'c');
    }
  });

  test('§5 ¶2: a leader that fails or is cut off is followed by a new one', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 51);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const first = cluster.leader() ?? '';
    const others = ['a', 'b', 'c'].filter((name) => name !== first);
    cluster.partition([first], others);
    cluster.runUntil('one leader among the others', () => others.some((name) => cluster.status(name)?.role === 'leader'), 3000);
    expect(cluster.leader()).not.toBe(first);
  });
});

describe('§5.1', () => {
  test('§5.1 ¶1: five servers go on with two of them down, and not with three', () => {
    const group = new Group(Object.fromEntries(five.map((name) => [name, {}])));
    group.elect('a').cut('d', 'e').propose('a', 'x');
    expect(group.node('a').status.commitIndex).toBe(2);
    group.cut('c').propose('a', 'y');
    expect(group.node('a').status.commitIndex).toBe(2);
  });

  test('§5.1 ¶1: a server is leader, follower or candidate, one of them at a time', () => {
    // Ours knows a fourth, the pre-candidate: a follower that asks whether it could win. It votes, follows and answers as a follower does.
    const node = new DrivenNode('a');
    const roles = [node.status.role];
    node.timeout();
    roles.push(node.status.role);
    node.grantPreVotes('b');
    roles.push(node.status.role);
    node.write();
    node.receive('b', { type: 'voteResponse', term: 1, granted: true });
    roles.push(node.status.role);
    expect(roles).toEqual(['follower', 'preCandidate', 'candidate', 'leader']);
    const asking = new DrivenNode('a');
    asking.timeout();
    expect(votes(asking, 'c', voteRequest(1))).toBe(true);
  });

  test('§5.1 ¶1: in normal operation one leads and all others follow', () => {
    const cluster = new Cluster(five, 52);
    cluster.runUntil('agreement', () => cluster.isConverged());
    for (let second = 0; second < 10; second++) {
      cluster.run(1000);
      const roles = five.map((name) => cluster.status(name)?.role);
      expect([roles.filter((role) => role === 'leader').length, roles.filter((role) => role === 'follower').length]).toEqual([1, 4]);
    }
  });

  test('§5.1 ¶1: followers are passive: they ask nobody anything, and only answer', () => {
    const node = new DrivenNode('a', { entries: logOf(1) });
    const heard = [append(1, [1, 1]), append(1, [1, 1], [], 1), voteRequest(1), append(0, [0, 0])];
    for (const message of heard) {
      node.receive('b', message);
      node.give({ type: 'time' });
    }
    expect(new Set(node.all('send').map(({ message }) => message.type))).toEqual(new Set(['appendAccepted', 'voteResponse']));
    expect(node.all('send').length).toBeLessThanOrEqual(heard.length);
  });

  test('§5.1 ¶1: the leader handles all client requests; a follower names the leader to who asks it', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    node.propose('x');
    expect(node.all('proposalRefused')).toEqual([{ type: 'proposalRefused', proposalId: 1, reason: { code: 'notLeader', leader: 'b' } }]);
    expect(node.status.lastIndex).toBe(0);
    const leader = new DrivenNode('a').lead('b');
    leader.propose('x');
    expect(leader.all('proposalAccepted')).toHaveLength(1);
  });

  test('§5.1 ¶2: terms are consecutive whole numbers, and each begins with an election', () => {
    const node = new DrivenNode('a');
    const terms: number[] = [];
    for (let election = 0; election < 4; election++) {
      node.timeout();
      node.grantPreVotes('b');
      // With a disk that hangs there is no other election: its vote would wait for the same disk.
      node.write();
      terms.push(node.status.term);
      expect(node.lastSent('voteRequest', 'b').term).toBe(node.status.term);
      node.write();
    }
    expect(terms).toEqual([1, 2, 3, 4]);
  });

  test('§5.1 ¶2: who wins leads for the rest of the term', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a');
    for (let beat = 0; beat < 100; beat++) group.beat('a');
    expect(group.nodes.map(({ status }) => [status.role, status.leader, status.term])).toEqual([['leader', 'a', 1], ['follower', 'a', 1], ['follower', 'a', 1]]);
  });

  test('§5.1 ¶2: a term whose vote is split ends without a leader, and a new one begins soon', () => {
    const cluster = new Cluster(['a', 'b', 'c', 'd'], 53);
    // Two candidates, two votes each, of term 1: everybody has voted.
    for (const [from, to] of [['a', 'b'], ['b', 'a'], ['a', 'c'], ['b', 'd']] as const) cluster.give(to, { type: 'message', from: cluster.status(from)?.id ?? ('' as never), message: voteRequest(1) });
    cluster.runUntil('a leader', () => cluster.leader() !== null, 2000);
    expect(cluster.status(cluster.leader() ?? '')?.term).toBeGreaterThan(1);
  });

  test('§5.1 ¶2: no term has more than one leader', () => {
    const leaderOf = new Map<number, string>();
    const cluster = new Cluster(five, 54);
    for (let turn = 0; turn < 600; turn++) {
      cluster.run(20);
      if (turn % 60 === 30) cluster.partition([cluster.leader() ?? 'a'], five);
      if (turn % 60 === 59) cluster.blocked.clear();
      for (const name of five) {
        const status = cluster.status(name);
        if (status?.role !== 'leader') continue;
        expect(leaderOf.get(status.term) ?? name).toBe(name);
        leaderOf.set(status.term, name);
      }
    }
    expect(leaderOf.size).toBeGreaterThan(4);
  });

  test('§5.1 ¶3: a server may miss elections and whole terms, and comes along when it hears of a later one', () => {
    const group = new Group(Object.fromEntries(five.map((name) => [name, {}])));
    group.elect('a').cut('c').elect('b').elect('a');
    expect(group.node('c').status.term).toBe(1);
    group.elect('b').heal().beat('b');
    expect(group.node('c').status).toMatchObject({ term: 4, leader: 'b' });
  });

  test('§5.1 ¶3: terms tell what is out of date: a leader of the past is refused', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').cut('a').elect('b').heal();
    expect(group.node('a').status.role).toBe('leader');
    group.propose('a', 'too late');
    expect(group.node('a').status).toMatchObject({ role: 'follower', term: 2 });
    expect(group.log('b').map(({ kind }) => kind)).toEqual(['noop', 'noop']);
  });

  test('§5.1 ¶3: a server keeps its current term, which only rises', () => {
    const node = new DrivenNode('a');
    const terms = [3, 1, 7, 6, 7].map((term) => {
      node.receive('b', append(term, [0, 0]));
      return node.status.term;
    });
    expect(terms).toEqual([3, 3, 7, 7, 7]);
  });

  test('§5.1 ¶3: every message carries the sender\'s term, and who has a smaller one takes the larger', () => {
    const group = new Group({ a: { term: 4 }, b: {}, c: { term: 2 } });
    group.elect('a').propose('a', 'x');
    expect(group.nodes.map(({ status }) => status.term)).toEqual([5, 5, 5]);
    // A pre-vote asks about the term to come: alone it carries the next one, and nobody takes it.
    for (const node of group.nodes) {
      for (const { message } of node.all('send')) expect(typeof message.term).toBe('number');
    }
    const voter = new DrivenNode('a');
    voter.receive('b', { type: 'preVoteRequest', term: 8, round: 1, lastIndex: 0, lastTerm: 0 });
    expect(voter.status.term).toBe(0);
  });

  test('§5.1 ¶3: a candidate or leader that finds its term out of date is a follower at once', () => {
    for (const node of [candidate('a'), new DrivenNode('a').lead('b', 'c')]) {
      node.receive('b', { type: 'voteResponse', term: 2, granted: false });
      expect(node.status).toMatchObject({ role: 'follower', term: 2 });
    }
  });

  test('§5.1 ¶3: a request of an earlier term is refused', () => {
    const node = new DrivenNode('a', { term: 5 });
    node.receive('b', append(4, [0, 0], logOf(1)));
    node.receive('b', voteRequest(4));
    node.receive('b', { type: 'snapshotChunk', term: 4, snapshot: { lastIndex: 1, lastTerm: 1, logTimeMs: 0, configuration: node.status.configuration, sizeBytes: 0 }, offsetBytes: 0, data: new Uint8Array(), done: true });
    node.receive('b', { type: 'readIndexRequest', term: 4, readId: 1 });
    expect(node.all('send').map(({ message }) => message)).toEqual([
      { type: 'appendRejected', term: 5, previousIndex: 0, hintIndex: 0, hintTerm: 0, readContext: 0 },
      { type: 'voteResponse', term: 5, granted: false },
      { type: 'snapshotChunkResponse', term: 5, lastIndex: 1, nextOffsetBytes: 0, installed: false },
      { type: 'readIndexResponse', term: 5, readId: 1, index: null },
    ]);
    expect(node.status).toMatchObject({ term: 5, lastIndex: 0, leader: null });
  });

  test('§5.1 ¶4: candidates ask for votes, leaders append and keep their lead by it: no more is needed for consensus', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x').beat('a');
    const asked = group.nodes.flatMap((node) => node.all('send').flatMap(({ message }) => (message.type.endsWith('Request') ? [`${node.status.id} ${message.type}`] : [])));
    // Ours adds the pre-vote (thesis §9.6) before the first of the two.
    expect(new Set(asked)).toEqual(new Set(['a preVoteRequest', 'a voteRequest', 'a appendRequest']));
  });

  test('§5.1 ¶4: what is not answered in time is sent again', () => {
    const leader = new DrivenNode('a').elect('b');
    leader.write();
    leader.accept('b', 1);
    leader.forget().timeout();
    // c never answered. The heartbeat asks again where its log ends, and its answer brings the entry.
    expect(leader.sends('appendRequest', 'c')).toHaveLength(1);
    leader.receive('c', { type: 'appendRejected', term: 1, previousIndex: 0, hintIndex: 0, hintTerm: 0, readContext: 0 });
    leader.accept('c', 0);
    expect(leader.lastSent('appendRequest', 'c').entries).toMatchObject([{ index: 1 }]);
    const asking = candidate('a');
    asking.write();
    asking.forget().timeout();
    asking.grantPreVotes('c');
    expect(asking.sends('voteRequest')).toHaveLength(2);
  });

  test('§5.1 ¶4: requests to different servers go out side by side', () => {
    const node = new DrivenNode('a', { voters: five }).elect('b', 'c');
    expect(node.sends('voteRequest').map(({ to }) => to)).toEqual(['b', 'c', 'd', 'e']);
    node.write();
    for (const peer of ['b', 'c', 'd', 'e']) node.accept(peer, 1);
    expect(node.forget().propose('x').filter(({ type }) => type === 'send')).toHaveLength(4);
    expect(defaultRaftOptions.inflightMessagesMax).toBeGreaterThan(1);
  });
});
