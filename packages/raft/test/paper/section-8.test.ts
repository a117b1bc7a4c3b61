import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { logOf } from '../harness/fixtures.ts';
import { applied, five, Group } from './support.ts';

const read = (node: DrivenNode, readId = 1): void => { node.give({ type: 'read', readId }); };
const context = (node: DrivenNode): number => node.sends('appendRequest').at(-1)?.message.readContext ?? 0;

describe('§8, what the core does of it; clients are shown with packages/mesh', () => {
  test('§8 ¶2: a server that does not lead refuses, and names the last leader it heard from', () => {
    const node = new DrivenNode('a');
    node.propose('x');
    node.receive('b', append(1, [0, 0]));
    node.propose('x');
    node.receive('c', append(2, [0, 0]));
    node.propose('x');
    expect(node.all('proposalRefused').map(({ reason }) => reason)).toEqual([null, 'b', 'c'].map((leader) => ({ code: 'notLeader', leader })));
    // The address is in the configuration, under that name.
    expect(node.status.configuration.voters.find(({ id }) => id === 'c')?.address).toBe('ws://c');
  });

  test('§8 ¶4: a read writes nothing to the log', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node);
    node.accept('b', 1, context(node));
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 1 }]);
    expect(node.all('write')).toEqual([]);
    expect(node.status.lastIndex).toBe(1);
  });

  test('§8 ¶4: it never returns what is out of date: a leader that has been succeeded answers none', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').cut('a').elect('b').propose('b', 'newer');
    read(group.node('a'));
    group.beat('a').beat('a');
    expect(group.node('a').all('readReady')).toEqual([]);
    group.heal().beat('a');
    expect(group.node('a').all('readRefused').map(({ reason }) => reason.code)).toEqual(['leadershipLost']);
  });

  test('§8 ¶4: a read waits for everything that was committed when it was asked', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.write();
    node.accept('b', 2);
    read(node);
    node.accept('b', 2, context(node));
    expect(node.all('readReady')).toEqual([]);
    node.give({ type: 'applied', index: 2 });
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 2 }]);
  });

  test('§8 ¶4: a new leader has all committed entries, but learns which they are only from a commit of its own term', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1) }).elect('b');
    node.write();
    read(node);
    node.accept('b', 2, 1);
    node.timeout();
    node.accept('c', 0, context(node));
    expect(node.all('readReady')).toEqual([]);
    expect(node.status.commitIndex).toBe(0);
    node.accept('b', 3);
    node.give({ type: 'applied', index: 3 });
    node.accept('b', 3, context(node));
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 3 }]);
  });

  test('§8 ¶4: so each leader begins its term with an empty entry', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').elect('b').elect('c');
    expect(group.log('a').map(({ kind, term }) => [kind, term])).toEqual([['noop', 1], ['noop', 2], ['noop', 3]]);
    expect(applied(group.node('c'))).toEqual([1, 2, 3]);
  });

  test('§8 ¶4: before a read is answered the leader makes sure, by heartbeats that a majority answers, that it still leads', () => {
    const node = new DrivenNode('a', { voters: five }).lead('b', 'c', 'd', 'e');
    read(node);
    expect(node.sends('appendRequest').map(({ to }) => to)).toEqual(['b', 'c', 'd', 'e']);
    expect(context(node)).toBeGreaterThan(0);
    // An answer to an earlier heartbeat says nothing about now.
    for (const peer of ['b', 'c', 'd', 'e']) node.accept(peer, 1, context(node) - 1);
    node.accept('b', 1, context(node));
    expect(node.all('readReady')).toEqual([]);
    node.accept('d', 1, context(node));
    expect(node.all('readReady')).toHaveLength(1);
  });

  test('§8 ¶4: no clock stands in for that: a leader confirmed a moment ago asks again', () => {
    // The paper names a lease as the other way, and that it would make safety depend on time. Ours has none.
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 1);
    node.accept('b', 1, context(node));
    read(node, 2);
    expect(node.all('readReady').map(({ readId }) => readId)).toEqual([1]);
    expect(node.sends('appendRequest', 'b')).toHaveLength(2);
  });
});
