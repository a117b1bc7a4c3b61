import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Input, Message } from '@raft-mesh/raft';
import { append, DrivenNode } from './harness/driven-node.ts';
import { command, configurationOf, id, logOf, noop, snapshotAt } from './harness/fixtures.ts';

describe('59. input that no honest node sends', () => {
  const implausible: readonly (readonly [string, Message])[] = [
    ['a term beyond what can be counted', append(2 ** 53, [0, 0])],
    ['the last term that can be counted', append(Number.MAX_SAFE_INTEGER, [0, 0])],
    ['a negative term', { type: 'voteRequest', term: -1, lastIndex: 0, lastTerm: 0, transfer: false }],
    ['a term that is no number', { type: 'voteRequest', term: Number.NaN, lastIndex: 0, lastTerm: 0, transfer: false }],
    ['an index of 2^53', append(9, [2 ** 53, 1])],
    ['entries with a gap', append(9, [0, 0], [noop(1, 9), noop(3, 9)])],
    ['entries whose terms fall', append(9, [0, 0], [noop(1, 9), noop(2, 8)])],
    ['entries later than their leader', append(9, [0, 0], [noop(1, 10)])],
    ['entries whose log time falls', { ...append(9, [0, 0], [{ ...noop(1, 9), logTimeMs: 9 }, noop(2, 9)]), logTimeMs: 9 }],
    ['a piece beyond the end of its snapshot', { type: 'snapshotChunk', term: 9, snapshot: snapshotAt(4, 1, configurationOf('a'), 3), offsetBytes: 2, data: new Uint8Array(2), done: true }],
    ['a last piece that is not the last', { type: 'snapshotChunk', term: 9, snapshot: snapshotAt(4, 1, configurationOf('a'), 3), offsetBytes: 0, data: new Uint8Array(2), done: true }],
  ];

  test.each(implausible)('%s is ignored', (_, message) => {
    const node = new DrivenNode('a', { entries: logOf(1) });
    expect(node.receive('b', message)).toEqual([]);
    expect(node.status).toMatchObject({ term: 1, leader: null, lastIndex: 1, stopped: false });
  });

  test('a message from the node itself is ignored', () => {
    expect(new DrivenNode('a').receive('a', append(4, [0, 0]))).toEqual([]);
  });

  test('answers to what was never asked change nothing', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    const before = JSON.stringify({ ...node.status, peers: [] });
    node.receive('b', { type: 'snapshotChunkResponse', term: 1, lastIndex: 4, nextOffsetBytes: 3, installed: true });
    node.receive('b', { type: 'readIndexResponse', term: 1, readId: 4, index: 1 });
    node.accept('b', 1, 12345);
    node.give({ type: 'written', writeId: 999 });
    node.give({ type: 'applied', index: 999 });
    node.give({ type: 'snapshotChunkRead', to: id('z'), snapshot: snapshotAt(1, 1, configurationOf('a')), offsetBytes: 0, data: null });
    expect(JSON.stringify({ ...node.status, peers: [] })).toBe(before);
  });

  test('nothing makes a node throw, whatever the order', () => {
    const count = fc.nat(5);
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.record({ type: fc.constant('preVoteRequest' as const), term: count, round: count, lastIndex: count, lastTerm: count }),
      fc.record({ type: fc.constant('voteRequest' as const), term: count, lastIndex: count, lastTerm: count, transfer: fc.boolean() }),
      fc.record({ type: fc.constant('voteResponse' as const), term: count, granted: fc.boolean() }),
      fc.record({ type: fc.constant('appendAccepted' as const), term: count, matchIndex: count, readContext: count }),
      fc.record({ type: fc.constant('appendRejected' as const), term: count, previousIndex: count, hintIndex: count, hintTerm: count, readContext: count }),
      fc.record({ type: fc.constant('snapshotChunkResponse' as const), term: count, lastIndex: count, nextOffsetBytes: count, installed: fc.boolean() }),
      fc.record({ type: fc.constant('readIndexRequest' as const), term: count, readId: count }),
      fc.record({ type: fc.constant('timeoutNow' as const), term: count, lastIndex: count, lastTerm: count }),
      fc.record({ type: fc.constant('timeoutNowRefused' as const), term: count, reason: fc.constantFrom('notVoter' as const, 'behind' as const, 'notFlushed' as const, 'installing' as const) }),
      fc.record({ type: fc.constant('quiesce' as const), term: count, lastIndex: count, lastTerm: count, logTimeMs: count }),
      fc.record({ type: fc.constant('quiesceAccepted' as const), term: count, lastIndex: count }),
      fc.record({ type: fc.constant('wakeUp' as const), term: count }),
      fc.tuple(count, count, count, fc.nat(2)).map(([term, index, previousTerm, length]) => append(term, [index, previousTerm], Array.from({ length }, (_, offset) => command(index + 1 + offset, term)), index)),
    );
    const input: fc.Arbitrary<Input> = fc.oneof(
      fc.record({ type: fc.constant('message' as const), from: fc.constantFrom(id('b'), id('c'), id('z')), message }),
      fc.constant({ type: 'time' } as const),
      fc.record({ type: fc.constant('written' as const), writeId: count }),
      fc.record({ type: fc.constant('read' as const), readId: count }),
      fc.record({ type: fc.constant('propose' as const), proposalId: count, commands: fc.constant([new Uint8Array(1)]) }),
      fc.record({ type: fc.constant('linkLost' as const), peer: fc.constantFrom(id('b'), id('z')) }),
      fc.record({ type: fc.constant('transferLeadership' as const), transferId: count, to: fc.constantFrom(id('a'), id('b'), id('z'), null) }),
      fc.constant({ type: 'wake' } as const),
    );
    fc.assert(fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
      const node = new DrivenNode('a', { options: { quiesceAfterMs: 0 } });
      for (const next of inputs) {
        if (next.type === 'time') node.now = Math.max(node.now, node.node.deadlineMs ?? 0);
        node.give(next);
      }
      // Liars can make it see the impossible; then it has stopped and said so, once.
      expect(node.all('stopped').length).toBe(node.status.stopped ? 1 : 0);
    }), { numRuns: 300 });
  });
});

describe('stopping', () => {
  test('a failed write stops the node for good; whoever asks is told', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.give({ type: 'read', readId: 3 });
    node.forget().give({ type: 'writeFailed', writeId: 2, reason: 'EIO' });
    expect(node.effects).toEqual([
      { type: 'readRefused', readId: 3, reason: { code: 'stopped' } },
      { type: 'stopped', reason: expect.stringContaining('EIO') },
    ]);
    node.forget().propose('x');
    node.give({ type: 'read', readId: 4 });
    node.give({ type: 'time' });
    expect(node.effects.map((effect) => effect.type)).toEqual(['proposalRefused', 'readRefused']);
    expect(node.status.stopped).toBe(true);
    expect(node.node.deadlineMs).toBeNull();
  });

  test('two leaders in one term stop the node that sees both', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    expect(node.receive('c', append(1, [0, 0])).map(({ type }) => type)).toEqual(['stopped']);
  });

  test('a leader that contradicts what is committed stops the node, and changes nothing', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1) });
    node.receive('b', append(1, [2, 1], [], 2));
    expect(node.receive('c', append(2, [1, 1], [noop(2, 2)])).map(({ type }) => type)).toEqual(['stopped']);
    expect(node.status.lastIndex).toBe(2);
  });
});
