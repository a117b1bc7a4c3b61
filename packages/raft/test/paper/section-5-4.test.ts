import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { command, logOf } from '../harness/fixtures.ts';
import { applied, candidate, five, Group, termsOf, votes, voteRequest } from './support.ts';

const starts = (logs: Readonly<Record<string, readonly number[]>>, term: number) =>
  new Group(Object.fromEntries(Object.entries(logs).map(([name, terms]) => [name, { entries: logOf(...terms), term }])));

describe('§5.4', () => {
  test('§5.4 ¶1: a follower that was away while entries were committed cannot be elected and overwrite them', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').cut('c').propose('a', 'x', 'y').heal().cut('a');
    expect(() => group.elect('c')).toThrow('not elected');
    expect(group.log('b')).toEqual(group.log('a'));
  });

  test('§5.4 ¶2: the leader of any term has every entry committed in earlier terms', () => {
    const group = new Group(Object.fromEntries(five.map((name) => [name, {}])));
    let committed = group.elect('a').propose('a', 'x').log('a');
    let leader = 'a';
    for (const [away, next] of [['a', 'b'], ['c', 'd'], ['b', 'e'], ['d', 'a']] as const) {
      group.heal().beat(leader).cut(away).elect(next);
      leader = next;
      expect(group.log(next).slice(0, committed.length)).toEqual(committed);
      group.propose(next, 'more');
      committed = group.log(next).slice(0, group.node(next).status.commitIndex);
    }
    expect(committed.length).toBe(10);
  });
});

describe('§5.4.1', () => {
  test('§5.4.1 ¶1: a new leader has all committed entries from the moment it is elected; nobody sends it any', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x').elect('b');
    expect(group.log('b').slice(0, 2)).toEqual(group.log('a').slice(0, 2));
    expect(group.node('b').effects.some((effect) => effect.type === 'send' && effect.message.type === 'snapshotChunkResponse')).toBe(false);
    // Answers to requests for votes carry no entries.
    const voter = new DrivenNode('c', { entries: logOf(1, 1) });
    voter.receive('b', voteRequest(2, 2, 1));
    expect(voter.lastSent('voteResponse', 'b')).toEqual({ type: 'voteResponse', term: 2, granted: true });
  });

  test('§5.4.1 ¶1: entries go one way, from leaders to followers', () => {
    const node = candidate('a', { entries: logOf(1) });
    node.write();
    node.receive('b', { type: 'voteResponse', term: 2, granted: true });
    node.forget().receive('c', append(1, [1, 1], [command(2, 1)]));
    expect(node.status).toMatchObject({ role: 'leader', lastIndex: 2 });
    expect(node.all('write')).toEqual([]);
  });

  test('§5.4.1 ¶2: who lacks a committed entry cannot win: some member of any majority has it and says no', () => {
    // Entry 2 is on a, b and c. For every majority, d (without it) and b (with it) stand.
    const logs = { a: [1, 1], b: [1, 1], c: [1, 1], d: [1], e: [1] };
    for (const away of [['a', 'c'], ['a', 'e'], ['c', 'e'], ['a', 'b'], ['b', 'c']]) {
      expect(() => starts(logs, 1).cut(...away).elect('d')).toThrow('not elected');
    }
    for (const away of [['a', 'c'], ['a', 'e'], ['c', 'e'], ['d', 'e']]) {
      expect(starts(logs, 1).cut(...away).elect('b').node('b').status.role).toBe('leader');
    }
  });

  test('§5.4.1 ¶2: a request for a vote says where the candidate\'s log ends', () => {
    expect(candidate('a', { entries: logOf(1, 1, 3), term: 4 }).lastSent('voteRequest', 'b')).toMatchObject({ term: 5, lastIndex: 3, lastTerm: 3 });
  });

  test('§5.4.1 ¶2: a voter whose own log is more up-to-date says no', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 2) });
    expect(votes(node, 'b', voteRequest(3, 1, 1))).toBe(false);
    // The term counts all the same, and the vote is still free for a better one.
    expect(node.status.term).toBe(3);
    expect(votes(node, 'c', voteRequest(3, 2, 2))).toBe(true);
  });

  test('§5.4.1 ¶3: of two logs that end in different terms the one with the later term is more up-to-date, however short', () => {
    const grant = (lastIndex: number, lastTerm: number): boolean => votes(new DrivenNode('a', { entries: logOf(1, 2, 2) }), 'b', voteRequest(9, lastIndex, lastTerm));
    expect(grant(1, 3)).toBe(true);
    expect(grant(99, 1)).toBe(false);
  });

  test('§5.4.1 ¶3: of two that end in the same term, the longer', () => {
    const grant = (lastIndex: number): boolean => votes(new DrivenNode('a', { entries: logOf(1, 2, 2) }), 'b', voteRequest(9, lastIndex, 2));
    expect([2, 3, 4].map(grant)).toEqual([false, true, true]);
  });
});

describe('§5.4.2', () => {
  test('§5.4.2 ¶1: an entry of the current term is committed once a majority stores it', () => {
    const node = new DrivenNode('a', { voters: five }).elect('b', 'c');
    node.write();
    node.accept('b', 1);
    expect(node.status.commitIndex).toBe(0);
    node.accept('c', 1);
    expect(node.status.commitIndex).toBe(1);
  });

  test('§5.4.2 ¶1: what a leader left uncommitted when it crashed, later leaders go on replicating', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a');
    group.node('a').propose('x');
    // It reaches b only, and a dies before it learns that.
    group.node('b').receive('a', group.node('a').lastSent('appendRequest', 'b'));
    group.cut('a').settle().elect('b');
    expect(group.applied('c')).toEqual(group.log('b'));
    expect(termsOf(group.log('c'))).toEqual([1, 1, 2]);
  });

  test('§5.4.2 ¶1: an entry of an earlier term is not yet committed when a majority stores it (Figure 8)', () => {
    // (c): S1 leads term 4 and has brought entry 2, of term 2, to S3. S1, S2 and S3 hold it: a majority.
    const first = new DrivenNode('a', { voters: five, entries: logOf(1, 2), term: 3 }).elect('b', 'c');
    first.write();
    first.accept('b', 2);
    first.accept('c', 2);
    expect(first.status).toMatchObject({ term: 4, commitIndex: 0 });
    // (d): and S5, whose last entry is of term 3, may still win with S2, S3 and S4, and overwrite it. So it was not committed.
    const group = starts({ a: [1, 2, 4], b: [1, 2], c: [1, 2], d: [1], e: [1, 3] }, 4);
    group.cut('a').elect('e');
    expect(termsOf(group.log('b'))).toEqual([1, 3, 5]);
  });

  test('§5.4.2 ¶2: entries of earlier terms are never committed by counting who has them', () => {
    const node = new DrivenNode('a', { voters: five, entries: logOf(1, 2), term: 3 }).elect('b', 'c');
    node.write();
    // Not even when everybody has it.
    for (const peer of ['b', 'c', 'd', 'e']) node.accept(peer, 2);
    expect(node.status.commitIndex).toBe(0);
    expect(applied(node)).toEqual([]);
  });

  test('§5.4.2 ¶2: one entry of the current term, once committed, commits all before it (Figure 8 e)', () => {
    const node = new DrivenNode('a', { voters: five, entries: logOf(1, 2), term: 3 }).elect('b', 'c');
    node.write();
    node.accept('b', 3);
    node.accept('c', 3);
    expect(applied(node)).toEqual([1, 2, 3]);
    // Now S5 cannot win any more.
    const group = starts({ a: [1, 2, 4], b: [1, 2, 4], c: [1, 2, 4], d: [1], e: [1, 3] }, 4);
    expect(() => group.cut('a').elect('e')).toThrow('not elected');
  });

  test('§5.4.2 ¶3: entries keep the term they were made in when a later leader replicates them', () => {
    const group = starts({ a: [1, 2], b: [1], c: [1] }, 2);
    group.elect('a');
    expect(termsOf(group.log('b'))).toEqual([1, 2, 3]);
    expect(termsOf(group.log('c'))).toEqual([1, 2, 3]);
  });

  test('§5.4.2 ¶3: so a new leader sends of earlier terms only what a follower lacks', () => {
    const group = starts({ a: [1, 1, 2], b: [1, 1, 2], c: [1, 1] }, 2);
    group.elect('a');
    const sent = (to: string): readonly number[] => [...new Set(group.node('a').sends('appendRequest', to).flatMap(({ message }) => message.entries.map(({ index }) => index)))].sort((left, right) => left - right);
    expect(sent('b')).toEqual([4]);
    expect(sent('c')).toEqual([3, 4]);
  });
});

describe('§5.4.3', () => {
  test('§5.4.3 ¶2: who has voted in a later term takes nothing more from the leader of the earlier one', () => {
    // The step of the proof: the voter that is in both majorities accepted the entry before it voted, or never.
    const voter = new DrivenNode('c', { entries: logOf(1) });
    expect(votes(voter, 'b', voteRequest(2, 1, 1))).toBe(true);
    voter.receive('a', append(1, [1, 1], [command(2, 1)]));
    expect(voter.lastSent('appendRejected', 'a').term).toBe(2);
    expect(voter.status.lastIndex).toBe(1);
  });

  test('§5.4.3 ¶3: when a server applies an entry, its log up to there is the leader\'s', () => {
    const entries = logOf(1, 2, 2);
    const node = new DrivenNode('b', { entries });
    // The leader has committed 3, but entry 3 here was not compared with its log.
    node.receive('a', append(4, [1, 1], [], 3));
    expect(applied(node)).toEqual([1]);
    node.receive('a', append(4, [1, 1], [command(2, 3), command(3, 3)], 3));
    expect(node.all('apply').flatMap((effect) => termsOf(effect.entries))).toEqual([1, 3, 3]);
  });

  test('§5.4.3 ¶4: entries are applied in the order of their indexes, so that all state machines apply the same in the same order', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x').cut('b').propose('a', 'y', 'z').heal().beat('a').elect('b').propose('b', 'w').beat('b');
    expect(group.applied('a').map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(group.applied('b')).toEqual(group.applied('a'));
    expect(group.applied('c')).toEqual(group.applied('a'));
  });
});
