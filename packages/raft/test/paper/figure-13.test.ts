import { describe, expect, test } from '@jest/globals';
import type { SnapshotChunk, SnapshotMeta } from '@raft-mesh/raft';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { bytes, command, configurationOf, logOf, snapshotAt } from '../harness/fixtures.ts';
import { chunkRead, compactedLeader } from './snapshots.ts';

const three = configurationOf('a', 'b', 'c');

function chunk(snapshot: SnapshotMeta, offsetBytes: number, text: string, term = 1): SnapshotChunk {
  return { type: 'snapshotChunk', term, snapshot, offsetBytes, data: bytes(text), done: offsetBytes + text.length === snapshot.sizeBytes };
}

describe('Figure 13, InstallSnapshot', () => {
  test('Figure 13, use: the leader sends a snapshot to a follower in pieces, always in order', () => {
    const node = compactedLeader();
    node.accept('c', 0);
    const offsets: number[] = [];
    for (const [text, next] of [['0123', 4], ['4567', 8], ['89', 10]] as const) {
      chunkRead(node, bytes(text));
      offsets.push(node.lastSent('snapshotChunk', 'c').offsetBytes);
      node.receive('c', { type: 'snapshotChunkResponse', term: 1, lastIndex: 5, nextOffsetBytes: next, installed: false });
    }
    expect(offsets).toEqual([0, 4, 8]);
    expect(node.sends('snapshotChunk')).toHaveLength(3);
  });

  test('Figure 13, arguments: a piece carries the term, the last index and term that the snapshot stands for, its offset, the data, and whether it is the last', () => {
    const node = compactedLeader();
    node.accept('c', 0);
    chunkRead(node, bytes('0123'));
    expect(node.lastSent('snapshotChunk', 'c')).toEqual({ type: 'snapshotChunk', term: 1, snapshot: snapshotAt(5, 1, three, 10), offsetBytes: 0, data: bytes('0123'), done: false });
    node.receive('c', { type: 'snapshotChunkResponse', term: 1, lastIndex: 5, nextOffsetBytes: 4, installed: false });
    chunkRead(node, bytes('4567'));
    node.receive('c', { type: 'snapshotChunkResponse', term: 1, lastIndex: 5, nextOffsetBytes: 8, installed: false });
    chunkRead(node, bytes('89'));
    expect(node.lastSent('snapshotChunk', 'c')).toMatchObject({ offsetBytes: 8, data: bytes('89'), done: true });
  });

  test('Figure 13, arguments, leaderId: the receiver knows from it who leads', () => {
    const node = new DrivenNode('a');
    node.receive('b', chunk(snapshotAt(5, 1, three, 4), 0, 'ab'));
    expect(node.status).toMatchObject({ leader: 'b', term: 1 });
  });

  test('Figure 13, results: the answer carries the receiver\'s term, and a leader of the past learns it', () => {
    const receiver = new DrivenNode('c', { term: 6 });
    receiver.receive('a', chunk(snapshotAt(5, 1, three, 4), 0, 'ab'));
    const leader = compactedLeader();
    leader.receive('c', receiver.lastSent('snapshotChunkResponse', 'a'));
    expect(leader.status).toMatchObject({ role: 'follower', term: 6 });
  });

  test('Figure 13, 1: a piece of an earlier term is answered at once and not stored', () => {
    const node = new DrivenNode('a', { term: 3 });
    node.receive('b', chunk(snapshotAt(5, 1, three, 4), 0, 'data', 2));
    expect(node.lastSent('snapshotChunkResponse', 'b')).toMatchObject({ term: 3, installed: false });
    expect(node.all('writeSnapshotChunk')).toEqual([]);
    expect(node.status.leader).toBeNull();
  });

  test('Figure 13, 2: the first piece begins a new snapshot', () => {
    const node = new DrivenNode('a');
    node.receive('b', chunk(snapshotAt(5, 1, three, 6), 0, 'abc'));
    // Another leader's bytes for the same state may differ: it begins anew, and a piece from the middle begins nothing.
    node.receive('c', chunk(snapshotAt(5, 1, three, 6), 3, 'xyz', 2));
    node.receive('c', chunk(snapshotAt(5, 1, three, 6), 0, 'uvw', 2));
    expect(node.all('writeSnapshotChunk').map(({ offsetBytes, data }) => [offsetBytes, data])).toEqual([[0, bytes('abc')], [0, bytes('uvw')]]);
  });

  test('Figure 13, 3: each piece is stored at its offset', () => {
    const node = new DrivenNode('a');
    const snapshot = snapshotAt(5, 1, three, 9);
    for (const [offset, text] of [[0, 'abc'], [3, 'def'], [3, 'def'], [6, 'ghi']] as const) node.receive('b', chunk(snapshot, offset, text));
    expect(node.all('writeSnapshotChunk').map(({ offsetBytes, data }) => [offsetBytes, data])).toEqual([[0, bytes('abc')], [3, bytes('def')], [6, bytes('ghi')]]);
  });

  test('Figure 13, 4: until the last piece comes it answers and waits for more', () => {
    const node = new DrivenNode('a');
    node.receive('b', chunk(snapshotAt(5, 1, three, 6), 0, 'abc'));
    expect(node.sends('snapshotChunkResponse', 'b')).toMatchObject([{ after: node.all('writeSnapshotChunk')[0]?.writeId, message: { nextOffsetBytes: 3, installed: false } }]);
    node.write();
    expect(node.all('installSnapshot')).toEqual([]);
    expect(node.status).toMatchObject({ commitIndex: 0, lastIndex: 0 });
  });

  test('Figure 13, 5: the whole snapshot is saved, and takes the place of any older one, whole or in parts', () => {
    const node = new DrivenNode('a');
    node.receive('b', chunk(snapshotAt(3, 1, three, 6), 0, 'abc'));
    node.receive('b', chunk(snapshotAt(5, 1, three, 3), 0, 'xyz'));
    // The driver makes it durable and current in one step; the piece of the older one leads nowhere any more.
    expect(node.all('installSnapshot').map(({ snapshot }) => snapshot.lastIndex)).toEqual([5]);
    node.write();
    node.forget().receive('b', chunk(snapshotAt(3, 1, three, 6), 3, 'def'));
    expect(node.lastSent('snapshotChunkResponse')).toMatchObject({ lastIndex: 3, installed: true });
    expect(node.all('installSnapshot')).toEqual([]);
    expect(node.status.commitIndex).toBe(5);
  });

  test('Figure 13, 6: where the log holds the entry that the snapshot ends with, what follows it stays, and it answers', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 2, 2) });
    node.receive('b', chunk(snapshotAt(2, 1, three, 4), 0, 'data', 2));
    expect(node.status).toMatchObject({ lastIndex: 4, commitIndex: 2 });
    // Ours: such a log says more than the snapshot, so nothing is installed, and the leader is told that nothing is missing.
    expect(node.all('installSnapshot')).toEqual([]);
    expect(node.lastSent('snapshotChunkResponse')).toMatchObject({ lastIndex: 2, nextOffsetBytes: 4, installed: true });
  });

  test('Figure 13, 7: otherwise the whole log goes', () => {
    for (const terms of [[1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 2, 2, 2]]) {
      const node = new DrivenNode('a', { entries: logOf(...terms), term: 3 });
      node.receive('b', chunk(snapshotAt(5, 3, three, 4), 0, 'data', 3));
      node.write();
      expect(node.status).toMatchObject({ firstIndex: 6, lastIndex: 5, commitIndex: 5 });
      node.receive('b', append(3, [5, 3], [command(6, 3)]));
      expect(node.lastSent('appendAccepted').matchIndex).toBe(6);
    }
  });

  test('Figure 13, 8: state machine and configuration begin again from the snapshot', () => {
    const node = new DrivenNode('a', { entries: logOf(1) });
    node.receive('b', chunk(snapshotAt(5, 1, configurationOf('a', 'b', 'c', 'd'), 4), 0, 'data'));
    expect(node.status.appliedIndex).toBe(0);
    node.write();
    expect(node.status).toMatchObject({ appliedIndex: 5, configurationIndex: 5 });
    expect(node.status.configuration.voters.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    // What is applied next is the entry after it.
    node.receive('b', append(1, [5, 1], [command(6, 1)], 6));
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([6]);
  });
});
