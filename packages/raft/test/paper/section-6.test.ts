import { describe, expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { changeTo, configurationOf, jointOf, learnerOf, logOf, memberOf, noop, snapshotAt } from '../harness/fixtures.ts';
import { applied, candidate, five, grant, Group, votes, voteRequest } from './support.ts';

const old = ['a', 'b', 'c'];
const joined = ['a', 'd', 'e'];
const joint = jointOf(joined, old);
/** A log whose second entry is the joint configuration of old and new, on servers that began with the old. */
const jointLog = [noop(1, 1), changeTo(2, 1, joint)];
const names = (members: readonly { readonly id: string }[]): readonly string[] => members.map(({ id }) => id);
const pair = (node: DrivenNode): readonly (readonly string[])[] => [names(node.status.configuration.voters), names(node.status.configuration.votersOutgoing)];

function change(node: DrivenNode, voters: readonly string[], learners: readonly string[] = []): void {
  node.give({ type: 'changeConfiguration', changeId: 7, basedOn: node.status.configurationIndex, voters: voters.map(memberOf), learners: learners.map((name) => learnerOf(name)) });
}

/** a leads a, b and c; d and e are learners that have caught up. */
function withLearners(): Group {
  const group = new Group({ a: { voters: old }, b: { voters: old }, c: { voters: old }, d: { voters: old }, e: { voters: old } });
  group.elect('a');
  change(group.node('a'), old, ['d', 'e']);
  return group.settle();
}

/** The same with the joint configuration appended at a, and every message of it still to come. */
function changing(): DrivenNode {
  const start = { snapshot: snapshotAt(0, 0, { ...configurationOf(...old), learners: [learnerOf('d'), learnerOf('e')] }) };
  const node = new DrivenNode('a', start).elect('b');
  node.write();
  for (const peer of ['b', 'c', 'd', 'e']) node.accept(peer, 1);
  change(node, joined);
  node.write();
  return node;
}

describe('§6, joint consensus', () => {
  test('§6 ¶1: servers are replaced while the group goes on, through the log itself', () => {
    const group = withLearners();
    change(group.node('a'), joined);
    group.propose('a', 'meanwhile');
    expect(group.node('a').all('changeDone')).toHaveLength(2);
    expect(pair(group.node('e'))).toEqual([joined, []]);
    expect(group.node('a').status).toMatchObject({ role: 'leader', term: 1 });
    expect(group.applied('e').some(({ kind }) => kind === 'command')).toBe(true);
  });

  test('§6 ¶2: at no time can two leaders of one term be elected, wherever the change has got to', () => {
    // Figure 10: a still knows three servers, e knows the change to five. b, c and d vote for either, in every way.
    const outcomes = new Set<string>();
    for (let split = 0; split < 8; split++) {
      const grown = { voters: old, entries: [noop(1, 1), changeTo(2, 1, jointOf(five, old))] };
      const rivals = { a: candidate('a', { voters: old, entries: [noop(1, 1)] }, 'b'), e: candidate('e', grown, 'b', 'c', 'd') };
      for (const [bit, voter] of ['b', 'c', 'd'].entries()) {
        const rival = (split & (1 << bit)) === 0 ? rivals.a : rivals.e;
        rival.write();
        grant(rival, voter);
      }
      rivals.a.write();
      rivals.e.write();
      const leaders = Object.values(rivals).filter(({ status }) => status.role === 'leader').map(({ status }) => status.id);
      expect(leaders.length).toBeLessThan(2);
      outcomes.add(leaders.join());
    }
    // c, d and e alone would be a majority of the new five; that is not enough.
    expect(outcomes).toEqual(new Set(['a', 'e']));
  });

  test('§6 ¶3: a change takes two steps: first both configurations jointly, then, when that is committed, the new one', () => {
    const node = changing();
    expect(pair(node)).toEqual([joined, old]);
    node.accept('b', 2);
    expect(pair(node)).toEqual([joined, old]);
    node.accept('d', 2);
    expect(node.status.commitIndex).toBe(2);
    expect(pair(node)).toEqual([joined, []]);
    expect(node.status.configurationIndex).toBe(3);
  });

  test('§6 ¶3: meanwhile entries go to all servers of both', () => {
    const node = changing();
    for (const peer of ['b', 'c', 'd', 'e']) expect(node.lastSent('appendRequest', peer).entries.at(-1)).toMatchObject({ index: 2, kind: 'configuration' });
  });

  test('§6 ¶3: a server of either may lead', () => {
    for (const name of ['b', 'd']) {
      const group = new Group(Object.fromEntries(five.map((server) => [server, { voters: old, entries: jointLog }])));
      group.elect(name);
      // b, which leaves, goes on until the new configuration is committed; d stays.
      expect(group.node(name).status.role).toBe(name === 'd' ? 'leader' : 'follower');
      expect(pair(group.node(name))).toEqual([joined, []]);
    }
  });

  test('§6 ¶3: election and commitment need a majority of each of the two', () => {
    const standing = candidate('b', { voters: old, entries: jointLog }, 'c', 'd', 'e');
    standing.write();
    grant(standing, 'c', 'd');
    // Two of the old three, all of them even, but of the new only one.
    expect(standing.status.role).toBe('candidate');
    grant(standing, 'e');
    expect(standing.status.role).toBe('leader');
    for (const side of [['b', 'c'], ['d', 'e']]) {
      const node = changing();
      for (const peer of side) node.accept(peer, 2);
      // A majority of one set; a counts in both, so one more of the other is wanted.
      expect(node.status.commitIndex).toBe(1);
      node.accept(side.includes('b') ? 'e' : 'c', 2);
      expect(node.status.commitIndex).toBeGreaterThanOrEqual(2);
    }
  });

  test('§6 ¶3: servers may go over at different times', () => {
    const group = withLearners().cut('b');
    change(group.node('a'), joined);
    group.settle();
    expect([pair(group.node('b')), pair(group.node('d'))]).toEqual([[old, []], [joined, []]]);
    // b knows the old configuration only, and finds no majority of it; the new one works.
    expect(() => group.heal().cut('a', 'd', 'e').elect('b')).toThrow('not elected');
    group.heal().cut('b').elect('d').propose('d', 'x');
    expect(group.applied('e').at(-1)).toMatchObject({ kind: 'command' });
  });

  test('§6 ¶3: clients are served all the while', () => {
    const node = changing();
    node.propose('x');
    node.write();
    for (const peer of ['b', 'd']) node.accept(peer, 3);
    expect(applied(node)).toEqual([1, 2, 3]);
  });
});

describe('§6, the log', () => {
  test('§6 ¶4: configurations are special entries of the replicated log', () => {
    const group = withLearners();
    change(group.node('a'), joined);
    group.settle();
    expect(group.log('e').map(({ kind }) => kind)).toEqual(['noop', 'configuration', 'configuration', 'configuration']);
  });

  test('§6 ¶4: asked to change, the leader appends the joint configuration and replicates it as any entry', () => {
    const node = changing();
    expect(node.all('write').at(-1)?.entries).toEqual([{ ...changeTo(2, 1, joint), logTimeMs: expect.any(Number) }]);
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ previousIndex: 1, entries: [{ index: 2 }] });
    const follower = new DrivenNode('b', { voters: old });
    change(follower, joined);
    expect(follower.all('changeRefused')[0]?.reason.code).toBe('notLeader');
  });

  test('§6 ¶4: a server acts on the latest configuration of its log from when it is appended, committed or not', () => {
    const node = new DrivenNode('b', { voters: old });
    node.receive('a', append(1, [0, 0], jointLog, 0));
    expect(node.status.commitIndex).toBe(0);
    expect(pair(node)).toEqual([joined, old]);
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to).toSorted()).toEqual(['a', 'c', 'd', 'e']);
    // And when that entry gives way to another leader's, on the one before it.
    node.receive('c', append(2, [1, 1], [noop(2, 2)]));
    expect(pair(node)).toEqual([old, []]);
  });

  test('§6 ¶4: the joint configuration itself is committed by the joint rules', () => {
    const node = changing();
    node.accept('b', 2);
    node.accept('c', 2);
    expect(node.status.commitIndex).toBe(1);
    node.accept('e', 2);
    expect(node.status.commitIndex).toBe(2);
  });

  test('§6 ¶4: if the leader dies, the next may be chosen by the old rules or by the joint ones, as its own log has it', () => {
    const start = (name: string) => ({ voters: old, entries: ['a', 'b', 'd', 'e'].includes(name) ? jointLog : [noop(1, 1)] });
    // c has not received it: with b it is a majority of the old; but b's log is longer, and says no.
    const both = new Group(Object.fromEntries(five.map((name) => [name, start(name)])));
    expect(() => both.cut('a').elect('c')).toThrow('not elected');
    both.elect('b');
    expect(pair(both.node('b'))).toEqual([joined, []]);
    // Had only a received it, then c and b would elect by the old rules.
    const early = new Group(Object.fromEntries(old.map((name) => [name, { voters: old, entries: name === 'a' ? jointLog : [noop(1, 1)] }])));
    expect(early.cut('a').elect('c').node('c').status.role).toBe('leader');
    expect(pair(early.node('c'))).toEqual([old, []]);
  });

  test('§6 ¶4: the new servers alone decide nothing in this time', () => {
    const group = new Group(Object.fromEntries(five.map((name) => [name, { voters: old, entries: jointLog }])));
    // a, d and e are all of the new configuration, but one of the old.
    expect(() => group.cut('b', 'c').elect('d')).toThrow('not elected');
  });

  test('§6 ¶5: once the joint configuration is committed neither side decides without the other', () => {
    const group = new Group(Object.fromEntries(five.map((name) => [name, { voters: old, entries: jointLog }])));
    expect(() => group.cut('d', 'e').elect('a')).toThrow('not elected');
    expect(() => group.heal().cut('b', 'c').elect('a')).toThrow('not elected');
    expect(group.heal().cut('c', 'd').elect('a').node('a').status.role).toBe('leader');
  });

  test('§6 ¶5: and only a server that has its entry can be elected', () => {
    // Held by a majority of both: a, b, d. c and e lack it.
    const group = new Group(Object.fromEntries(five.map((name) => [name, { voters: old, entries: ['c', 'e'].includes(name) ? [noop(1, 1)] : jointLog }])));
    for (const name of ['c', 'e']) expect(() => group.elect(name)).toThrow('not elected');
    group.elect('b');
    expect(pair(group.node('e'))).toEqual([joined, []]);
  });

  test('§6 ¶5: then the leader appends the new configuration and replicates it; a later leader finishes what it began', () => {
    const node = changing();
    node.accept('b', 2);
    node.accept('d', 2);
    expect(node.all('write').at(-1)?.entries).toMatchObject([{ kind: 'configuration', index: 3, configuration: configurationOf(...joined) }]);
    expect(node.lastSent('appendRequest', 'd').entries.at(-1)).toMatchObject({ index: 3 });
    const group = new Group(Object.fromEntries(five.map((name) => [name, { voters: old, entries: jointLog }])));
    group.elect('d').beat('d');
    expect(pair(group.node('d'))).toEqual([joined, []]);
  });

  test('§6 ¶5: it too takes effect at each server when that sees it', () => {
    const node = new DrivenNode('d', { voters: old, entries: jointLog });
    node.receive('a', append(1, [2, 1], [changeTo(3, 1, configurationOf(...joined))]));
    expect(node.status.commitIndex).toBe(0);
    expect(pair(node)).toEqual([joined, []]);
  });

  test('§6 ¶5: it is committed by its own rules, and then those who are not in it may be switched off', () => {
    const node = changing();
    node.accept('b', 2);
    node.accept('d', 2);
    node.write();
    node.accept('b', 3);
    node.accept('c', 3);
    expect(node.status.commitIndex).toBe(2);
    expect(node.all('changeDone').map(({ changeId, index }) => [changeId, index])).toEqual([]);
    node.accept('d', 3);
    expect(node.status.commitIndex).toBe(3);
    expect(node.all('changeDone')).toEqual([{ type: 'changeDone', changeId: 7, index: 3 }]);
    const group = withLearners();
    change(group.node('a'), joined);
    group.settle().cut('b', 'c').propose('a', 'x').elect('e').propose('e', 'y');
    expect(group.applied('d').filter(({ kind }) => kind === 'command')).toHaveLength(2);
  });
});

describe('§6, three issues', () => {
  test('§6 ¶6: new servers first join without a vote: entries go to them, but no majority counts them', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    change(node, old, ['d', 'e']);
    expect(node.sends('appendRequest', 'd').length).toBeGreaterThan(0);
    node.write();
    node.accept('d', 2);
    node.accept('e', 2);
    expect(node.status.commitIndex).toBe(1);
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(2);
    const learner = new DrivenNode('d', { snapshot: snapshotAt(0, 0, { ...configurationOf(...old), learners: [learnerOf('d')] }) });
    for (let turn = 0; turn < 5; turn++) learner.timeout();
    expect(learner.all('send')).toEqual([]);
  });

  test('§6 ¶6: the change itself goes on when they have caught up', () => {
    const group = new Group({ a: { voters: old }, b: { voters: old }, c: { voters: old }, d: { voters: old } });
    group.cut('d').elect('a').propose('a', 'x', 'y');
    change(group.node('a'), ['a', 'b', 'd']);
    expect(group.node('a').all('changeRefused').at(-1)?.reason).toMatchObject({ code: 'notCaughtUp', id: 'd' });
    change(group.node('a'), old, ['d']);
    group.settle();
    change(group.node('a'), ['a', 'b', 'd']);
    expect(group.node('a').all('changeRefused').at(-1)?.reason).toMatchObject({ code: 'notCaughtUp', id: 'd' });
    group.heal().beat('a').beat('a');
    change(group.node('a'), ['a', 'b', 'd']);
    group.settle();
    expect(pair(group.node('a'))).toEqual([['a', 'b', 'd'], []]);
  });

  test('§6 ¶7: a leader that is not in the new configuration steps down once that is committed, and not before', () => {
    const start = { snapshot: snapshotAt(0, 0, { ...configurationOf(...old), learners: [learnerOf('d')] }) };
    const node = new DrivenNode('a', start).elect('b');
    node.write();
    for (const peer of ['b', 'c', 'd']) node.accept(peer, 1);
    change(node, ['b', 'c', 'd']);
    node.write();
    for (const peer of ['b', 'd']) node.accept(peer, 2);
    node.write();
    expect([node.status.commitIndex, node.status.configurationIndex, node.status.role]).toEqual([2, 3, 'leader']);
    node.accept('b', 3);
    expect(node.status.role).toBe('leader');
    node.accept('c', 3);
    expect(node.status).toMatchObject({ role: 'follower', commitIndex: 3 });
  });

  test('§6 ¶7: until then it leads a group it is not counted in', () => {
    const start = { snapshot: snapshotAt(0, 0, configurationOf(...old)) };
    const node = new DrivenNode('a', start).elect('b');
    node.write();
    for (const peer of ['b', 'c']) node.accept(peer, 1);
    change(node, ['b', 'c']);
    node.write();
    node.accept('b', 2);
    // Joint: two of three of the old, but of b and c only one. a is none of those.
    expect(node.status.commitIndex).toBe(1);
    node.accept('c', 2);
    node.write();
    node.propose('x');
    node.write();
    expect(node.lastSent('appendRequest', 'b').entries.at(-1)).toMatchObject({ index: 4, kind: 'command' });
    node.accept('b', 4);
    expect(node.status).toMatchObject({ role: 'leader', commitIndex: 2 });
    node.accept('c', 4);
    expect(node.status.commitIndex).toBe(4);
  });

  test('§6 ¶7: from then on the others can choose a leader without it', () => {
    const group = new Group({ a: {}, b: {}, c: {} }).elect('a');
    change(group.node('a'), ['b', 'c']);
    group.settle().cut('a');
    // The leader that left told the best placed of them to campaign at once.
    const leaders = ['b', 'c'].filter((name) => group.node(name).status.role === 'leader');
    expect(leaders).toHaveLength(1);
    group.propose(leaders[0] ?? '', 'x').beat(leaders[0] ?? '');
    expect(group.applied('b').at(-1)?.kind).toBe('command');
    expect(pair(group.node('b'))).toEqual([['b', 'c'], []]);
    expect(group.node('a').status.role).toBe('follower');
  });

  test('§6 ¶9: who has heard the leader within the least election timeout neither takes the term of a request for votes nor gives one', () => {
    const node = new DrivenNode('b', { entries: logOf(1) });
    node.receive('a', append(1, [1, 1]));
    node.now += defaultRaftOptions.electionTimeoutMinMs - 1;
    expect(votes(node, 'c', voteRequest(9, 9, 8))).toBe(false);
    expect(node.status).toMatchObject({ term: 1, leader: 'a' });
    expect(node.all('write').filter(({ hardState }) => hardState !== null)).toEqual([]);
    node.now += 1;
    expect(votes(node, 'c', voteRequest(9, 9, 8))).toBe(true);
  });

  test('§6 ¶9: ordinary elections are not hindered by that: each waits at least as long before it begins', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').cut('a');
    const waiting = group.node('b');
    waiting.timeout();
    for (const node of group.nodes) node.now = waiting.now;
    group.settle();
    // At the first attempt, as everybody heard the leader at the same time.
    expect(waiting.status).toMatchObject({ role: 'leader', term: 2 });
  });

  test('§6 ¶9: a leader whose heartbeats arrive is not deposed by larger terms of removed servers', () => {
    const group = withLearners();
    change(group.node('a'), joined);
    group.settle();
    for (let term = 2; term < 40; term++) {
      group.beat('a');
      for (const name of joined) group.node(name).receive('c', voteRequest(term, 99, term - 1));
      group.settle();
    }
    expect(group.node('a').status).toMatchObject({ role: 'leader', term: 1 });
    group.propose('a', 'x');
    expect(group.applied('e').at(-1)?.kind).toBe('command');
  });
});
