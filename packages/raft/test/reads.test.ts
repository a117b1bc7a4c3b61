import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from './harness/driven-node.ts';
import { configurationOf, id, logOf } from './harness/fixtures.ts';

const read = (node: DrivenNode, readId: number) => node.give({ type: 'read', readId });
const context = (node: DrivenNode) => node.lastSent('appendRequest', 'b').readContext;

describe('ReadIndex (thesis §6.4)', () => {
  test('a leader answers once a quorum has confirmed it, with the commit index of the asking', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 7);
    expect(node.all('readReady')).toEqual([]);
    node.accept('b', 1, context(node));
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 7, index: 1 }]);
  });

  test('an answer given before the read was asked confirms nothing, and each batch has its own context', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 1);
    const first = context(node);
    read(node, 2);
    node.accept('b', 1, first);
    expect(node.all('readReady').map(({ readId }) => readId)).toEqual([1]);
    const second = context(node);
    expect(second).toBeGreaterThan(first);
    node.accept('c', 1, first);
    node.accept('b', 1, first);
    expect(node.all('readReady')).toHaveLength(1);
    node.accept('c', 1, second);
    expect(node.all('readReady')).toHaveLength(2);
  });

  test('a peer cannot confirm a context that was never handed out', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.accept('b', 1, 12_345);
    read(node, 1);
    expect(node.all('readReady')).toEqual([]);
    node.accept('b', 1, context(node));
    expect(node.all('readReady')).toHaveLength(1);
  });

  test('a lost confirmation is asked again with the next heartbeat', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 1);
    node.forget().timeout();
    node.accept('c', 1, context(node));
    expect(node.all('readReady')).toHaveLength(1);
  });

  test('a read is ready only when applied that far', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.accept('b', 2);
    node.accept('c', 2);
    read(node, 1);
    node.accept('b', 2, context(node));
    expect(node.all('readReady')).toEqual([]);
    node.give({ type: 'applied', index: 2 });
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 2 }]);
  });

  test('a sole voter confirms itself', () => {
    const node = new DrivenNode('a', { voters: ['a'] }).lead();
    read(node, 1);
    expect(node.all('readReady')).toHaveLength(1);
  });

  test('48. a fresh leader waits for the first commit of its term', () => {
    const node = new DrivenNode('a', { entries: logOf(1) }).elect('b');
    node.write();
    read(node, 1);
    node.accept('b', 1, 0);
    expect(context(node)).toBe(0);
    node.accept('b', 2, 0);
    node.accept('b', 2, context(node));
    node.give({ type: 'applied', index: 2 });
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 2 }]);
  });

  test('49. a leader that nobody confirms never answers; at step-down its reads fail', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 1);
    for (let beat = 0; beat < 30 && node.status.role === 'leader'; beat++) node.timeout();
    expect(node.all('readReady')).toEqual([]);
    expect(node.all('readRefused')).toEqual([{ type: 'readRefused', readId: 1, reason: { code: 'leadershipLost' } }]);
  });

  test('49. a confirmation of an earlier leadership counts for nothing', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    read(node, 1);
    const stale = { type: 'appendAccepted', term: 1, matchIndex: 1, readContext: context(node) } as const;
    node.receive('b', append(2, [1, 1]));
    node.elect('c');
    node.receive('b', stale);
    expect(node.all('readReady')).toEqual([]);
  });

  test('a quorum that shrinks to those who have confirmed lets the read go', () => {
    const node = new DrivenNode('a', { voters: ['a', 'b'] }).lead('b');
    node.give({ type: 'changeConfiguration', changeId: 1, basedOn: 0, voters: configurationOf('a').voters, learners: [] });
    node.write();
    read(node, 1);
    // What b says confirms no read: it is the last that is heard of it.
    node.accept('b', 2);
    node.write();
    node.give({ type: 'applied', index: node.status.commitIndex });
    expect(node.status.configuration).toEqual(configurationOf('a'));
    expect(node.all('readReady').map(({ readId }) => readId)).toEqual([1]);
  });

  test('reads past the bound are refused', () => {
    const node = new DrivenNode('a', { options: { pendingReadsMax: 2 } }).lead('b', 'c');
    for (const readId of [1, 2, 3]) read(node, readId);
    expect(node.all('readRefused')).toEqual([{ type: 'readRefused', readId: 3, reason: { code: 'tooManyReads', limit: 2 } }]);
  });
});

describe('reads at a follower', () => {
  const following = (): DrivenNode => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], logOf(1, 1), 1));
    node.write();
    return node.forget();
  };

  test('are forwarded, and 55. wait until the answer is applied', () => {
    const node = following();
    read(node, 5);
    const { readId } = node.lastSent('readIndexRequest', 'b');
    node.receive('b', { type: 'readIndexResponse', term: 1, readId, index: 2 });
    node.give({ type: 'applied', index: 1 });
    expect(node.all('readReady')).toEqual([]);
    node.receive('b', append(1, [2, 1], [], 2));
    node.give({ type: 'applied', index: 2 });
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 5, index: 2 }]);
  });

  test('fail when the leader is lost, unknown, refuses or stays silent', () => {
    const node = following();
    read(node, 1);
    node.receive('c', append(2, [0, 0]));
    read(node, 2);
    node.receive('c', { type: 'readIndexResponse', term: 2, readId: node.lastSent('readIndexRequest', 'c').readId, index: null });
    read(node, 3);
    const deadline = node.node.deadlineMs ?? Infinity;
    expect(deadline).toBeLessThanOrEqual(node.now + 600);
    node.now += 600;
    node.receive('c', append(2, [0, 0]));
    node.give({ type: 'time' });
    expect(node.all('readRefused').map(({ readId, reason }) => [readId, reason.code])).toEqual([[1, 'leadershipLost'], [2, 'notLeader'], [3, 'notLeader']]);
    const alone = new DrivenNode('a');
    read(alone, 4);
    expect(alone.all('readRefused')[0]?.reason).toEqual({ code: 'notLeader', leader: null });
  });

  test('wait for what another node must bring no longer than an election timeout', () => {
    const node = following();
    read(node, 1);
    node.now += 100;
    node.receive('b', { type: 'readIndexResponse', term: 1, readId: node.lastSent('readIndexRequest', 'b').readId, index: 9 });
    for (let beat = 0; beat < 11; beat++) {
      node.now += 50;
      node.receive('b', append(1, [2, 1], [], 2));
      node.give({ type: 'time' });
    }
    expect(node.all('readRefused')).toEqual([]);
    expect(node.node.deadlineMs).toBe(node.now + 50);
    node.wait(50);
    expect(node.all('readRefused')).toEqual([{ type: 'readRefused', readId: 1, reason: { code: 'notLeader', leader: id('b') } }]);
    node.receive('b', append(1, [2, 1], logOf(1, 1, 1, 1, 1, 1, 1, 1, 1).slice(2), 9));
    node.write();
    node.give({ type: 'applied', index: 9 });
    expect(node.all('readReady')).toEqual([]);
  });

  test('wait for the own state machine as long as it takes, also without a leader', () => {
    const node = following();
    read(node, 1);
    node.receive('b', { type: 'readIndexResponse', term: 1, readId: node.lastSent('readIndexRequest', 'b').readId, index: 2 });
    expect(node.all('readReady')).toEqual([]);
    node.receive('b', append(1, [2, 1], [], 2));
    for (let count = 0; count < 20; count++) node.timeout();
    expect([...node.all('readReady'), ...node.all('readRefused')]).toEqual([]);
    node.give({ type: 'applied', index: 2 });
    expect(node.all('readReady')).toEqual([{ type: 'readReady', readId: 1, index: 2 }]);
  });

  test('what waits for another node counts against the bound', () => {
    const node = new DrivenNode('a', { options: { pendingReadsMax: 1 } });
    node.receive('b', append(1, [0, 0]));
    read(node, 1);
    node.receive('b', { type: 'readIndexResponse', term: 1, readId: node.lastSent('readIndexRequest', 'b').readId, index: 9 });
    read(node, 2);
    expect(node.all('readRefused').map(({ reason }) => reason.code)).toEqual(['tooManyReads']);
    node.give({ type: 'writeFailed', writeId: 1, reason: 'EIO' });
    expect(node.all('readRefused').map(({ readId, reason }) => [readId, reason.code])[1]).toEqual([1, 'stopped']);
  });

  test('an answer meant for an earlier life of the node fits no question of this one', () => {
    const ids = [1, 2].map((seed) => {
      const node = new DrivenNode('a', { seed });
      node.receive('b', append(1, [0, 0]));
      read(node, 1);
      return node.lastSent('readIndexRequest').readId;
    });
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('the leader serves them like its own', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.receive('c', { type: 'readIndexRequest', term: 1, readId: 55 });
    node.accept('b', 1, context(node));
    expect(node.lastSent('readIndexResponse', 'c')).toEqual({ type: 'readIndexResponse', term: 1, readId: 55, index: 1 });
  });
});
