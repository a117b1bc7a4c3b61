import { describe, expect, test } from '@jest/globals';
import type { SnapshotChunk, SnapshotMeta } from '@raft-mesh/raft';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { bytes, command, configurationOf, id, logOf, noop, snapshotAt } from './harness/fixtures.ts';

const three = configurationOf('a', 'b', 'c');

/** A leader of [a, b, c] at term 1 whose log before index 6 is only in a snapshot of 10 bytes. */
function compactedLeader(options = {}): DrivenNode {
  const node = new DrivenNode('a', { options: { snapshotChunkBytesMax: 4, ...options } }).lead('b');
  node.propose('v', 'w', 'x', 'y');
  node.write();
  node.accept('b', 5);
  node.give({ type: 'applied', index: 5 });
  node.give({ type: 'snapshotTaken', snapshot: snapshotAt(5, 1, three, 10), keepEntries: 0 });
  return node;
}

/** The follower c says that its log is empty. */
function refuseFromC(node: DrivenNode): void {
  node.accept('c', 0);
}

function chunkRead(node: DrivenNode, data: Uint8Array | null): void {
  const read = node.all('readSnapshotChunk').at(-1);
  if (read === undefined) throw new Error('no chunk was asked for');
  node.give({ type: 'snapshotChunkRead', to: read.to, snapshot: read.snapshot, offsetBytes: read.offsetBytes, data });
}

const answer = (nextOffsetBytes: number, installed = false) => ({ type: 'snapshotChunkResponse', term: 1, lastIndex: 5, nextOffsetBytes, installed }) as const;

function chunk(snapshot: SnapshotMeta, offsetBytes: number, text: string, term = 1): SnapshotChunk {
  return { type: 'snapshotChunk', term, snapshot, offsetBytes, data: bytes(text), done: offsetBytes + text.length === snapshot.sizeBytes };
}

describe('paper §7: compaction', () => {
  test('the log goes up to the snapshot but for the entries to keep', () => {
    const node = new DrivenNode('a', { voters: ['a'] }).elect();
    node.propose('v', 'w', 'x');
    node.write();
    node.give({ type: 'applied', index: 4 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 1, configurationOf('a'), 3), keepEntries: 2 });
    expect(node.all('compactLog')).toEqual([{ type: 'compactLog', throughIndex: 2 }]);
    expect(node.status).toMatchObject({ firstIndex: 3, lastIndex: 4 });
  });

  test('a snapshot of what was never handed out, or older than the last, is ignored', () => {
    const node = compactedLeader().forget();
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(99, 1, three, 3), keepEntries: 0 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(3, 1, three, 3), keepEntries: 0 });
    expect(node.effects).toEqual([]);
  });

  test('a restart goes on from a snapshot and the entries kept around it', () => {
    const node = new DrivenNode('a', { snapshot: snapshotAt(3, 1, three), entries: logOf(1, 1, 1, 1, 2).slice(1), term: 2 });
    expect(node.status).toMatchObject({ commitIndex: 3, firstIndex: 3, lastIndex: 5 });
    node.receive('b', append(2, [5, 2], [], 5));
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([4, 5]);
  });

  test('entries that a snapshot on disk replaced are dropped, on disk with the next write', () => {
    const node = new DrivenNode('a', { snapshot: snapshotAt(9, 3, three), entries: logOf(1, 1, 2), term: 3 });
    expect(node.status).toMatchObject({ commitIndex: 9, lastIndex: 9 });
    node.receive('b', append(3, [9, 3], [command(10, 3)]));
    expect(node.all('write')[0]).toMatchObject({ truncateFrom: 1, entries: [{ index: 10 }] });
  });

  test('what contradicts itself on disk is refused at the start', () => {
    expect(() => new DrivenNode('a', { snapshot: snapshotAt(1, 1, three), entries: logOf(1, 1, 1, 1).slice(2) })).toThrow(/begins at 3/);
    expect(() => new DrivenNode('a', { entries: [noop(1, 1), noop(3, 1)] })).toThrow(/gap/);
    expect(() => new DrivenNode('a', { entries: logOf(5), term: 4 })).toThrow(/term/);
  });
});

describe('scenarios: snapshots', () => {
  test('36. a snapshot older than what is committed is acknowledged, not installed', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    node.receive('b', append(1, [3, 1], [], 3));
    node.receive('b', chunk(snapshotAt(2, 1, three, 4), 0, 'data'));
    expect(node.lastSent('snapshotChunkResponse')).toMatchObject({ installed: true, nextOffsetBytes: 4, lastIndex: 2 });
    expect(node.all('writeSnapshotChunk')).toEqual([]);
    expect(node.status.lastIndex).toBe(3);
  });

  test('36. one that says another term for what is committed stops the node', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    node.receive('b', append(2, [3, 1], [], 3));
    node.receive('b', chunk(snapshotAt(3, 2, three, 4), 0, 'data', 2));
    expect(node.all('stopped')).toHaveLength(1);
    expect(node.node.deadlineMs).toBeNull();
  });

  test('36. a log that reaches the end of the snapshot keeps what follows', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    node.receive('b', chunk(snapshotAt(2, 1, three, 4), 0, 'data'));
    expect(node.status).toMatchObject({ commitIndex: 2, lastIndex: 3 });
  });

  test('37. pieces are stored in order, and installed after the last; meanwhile appends change nothing and nobody campaigns', () => {
    const node = new DrivenNode('a', { entries: logOf(1) });
    const snapshot = { ...snapshotAt(5, 1, configurationOf('a', 'b', 'c', 'd'), 6), logTimeMs: 777 };
    node.receive('b', chunk(snapshot, 0, 'abc'));
    expect(node.sends('snapshotChunkResponse').at(-1)).toMatchObject({ after: node.all('writeSnapshotChunk')[0]?.writeId, message: { nextOffsetBytes: 3, installed: false } });
    node.receive('b', chunk(snapshot, 0, 'abc'));
    node.receive('b', chunk(snapshot, 3, 'def'));
    expect(node.all('writeSnapshotChunk').map(({ offsetBytes }) => offsetBytes)).toEqual([0, 3]);
    expect(node.all('installSnapshot')).toHaveLength(1);
    node.receive('b', append(1, [5, 1], [command(6, 1)], 6, 3));
    expect(node.lastSent('appendAccepted')).toMatchObject({ matchIndex: 0, readContext: 3 });
    node.wait(5000);
    node.wait(5000);
    expect(node.status).toMatchObject({ role: 'follower', lastIndex: 1 });
    node.write();
    expect(node.status).toMatchObject({ commitIndex: 5, appliedIndex: 5, lastIndex: 5, logTimeMs: 777 });
    // 38. the configuration comes with it.
    expect(node.status.configuration.voters).toHaveLength(4);
    node.receive('b', append(1, [5, 1], [command(6, 1)], 6));
    expect(node.status.commitIndex).toBe(6);
  });

  test('37. a leader of a later term that comes during the install is followed; the install is not undone', () => {
    const node = new DrivenNode('a');
    node.receive('b', chunk(snapshotAt(5, 1, three, 3), 0, 'abc'));
    node.forget().receive('c', append(2, [0, 0]));
    node.write();
    expect(node.status).toMatchObject({ leader: 'c', term: 2, commitIndex: 5 });
    expect(node.sends('snapshotChunkResponse')).toEqual([]);
  });

  test('37. pieces of two leaders are never mixed', () => {
    const node = new DrivenNode('a');
    const snapshot = snapshotAt(5, 1, three, 6);
    node.receive('b', chunk(snapshot, 0, 'abc'));
    node.receive('c', chunk(snapshot, 3, 'def', 2));
    expect(node.lastSent('snapshotChunkResponse', 'c')).toMatchObject({ nextOffsetBytes: 0, installed: false });
    expect(node.all('installSnapshot')).toEqual([]);
  });

  test('39. a follower at zero of a leader that has compacted all gets the snapshot unasked, piece by piece', () => {
    const node = compactedLeader();
    node.forget().timeout();
    refuseFromC(node);
    expect(node.all('readSnapshotChunk')[0]).toMatchObject({ to: 'c', offsetBytes: 0, lengthBytesMax: 4 });
    chunkRead(node, bytes('0123'));
    expect(node.lastSent('snapshotChunk', 'c')).toMatchObject({ offsetBytes: 0, done: false });
    node.receive('c', answer(4));
    chunkRead(node, bytes('4567'));
    node.receive('c', answer(8));
    expect(node.all('readSnapshotChunk').at(-1)?.lengthBytesMax).toBe(2);
    chunkRead(node, bytes('89'));
    expect(node.lastSent('snapshotChunk', 'c').done).toBe(true);
    node.receive('c', answer(10));
    node.receive('c', answer(10, true));
    expect(node.status.peers[1]).toMatchObject({ matchIndex: 5, nextIndex: 6 });
    node.propose('z');
    node.accept('c', 5);
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ previousIndex: 5, entries: [{ index: 6 }] });
  });

  test('40. a transfer that stops moving goes back to probing, and resumes where it was', () => {
    const node = compactedLeader();
    node.timeout();
    refuseFromC(node);
    chunkRead(node, bytes('0123'));
    node.receive('c', answer(4));
    chunkRead(node, bytes('4567'));
    for (let beat = 0; beat < 14; beat++) { node.timeout(); node.accept('b', 5); }
    expect(node.status.peers[1]?.state).toBe('probe');
    node.forget();
    refuseFromC(node);
    expect(node.all('readSnapshotChunk')[0]).toMatchObject({ to: 'c', offsetBytes: 4 });
  });

  test('40. a transfer whose install was never confirmed begins anew', () => {
    const node = compactedLeader({ snapshotChunkBytesMax: 10 });
    node.timeout();
    refuseFromC(node);
    chunkRead(node, bytes('0123456789'));
    node.receive('c', answer(10));
    for (let beat = 0; beat < 14; beat++) { node.timeout(); node.accept('b', 5); }
    node.forget();
    refuseFromC(node);
    expect(node.all('readSnapshotChunk')[0]).toMatchObject({ to: 'c', offsetBytes: 0 });
  });

  test('40. a snapshot that is gone, or a lost link, leads back to probing', () => {
    const node = compactedLeader();
    node.timeout();
    refuseFromC(node);
    chunkRead(node, null);
    expect(node.status.peers[1]?.state).toBe('probe');
    refuseFromC(node);
    expect(node.status.peers[1]?.state).toBe('snapshot');
    node.give({ type: 'linkLost', peer: id('c') });
    expect(node.status.peers[1]?.state).toBe('probe');
  });

  test('40. a slow receiver holds up neither commits nor compaction, and a newer snapshot takes over', () => {
    const node = compactedLeader();
    node.timeout();
    refuseFromC(node);
    node.propose('z');
    node.write();
    node.accept('b', 6);
    expect(node.status.commitIndex).toBe(6);
    node.give({ type: 'applied', index: 6 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(6, 1, three, 12), keepEntries: 0 });
    expect(node.status.firstIndex).toBe(7);
    chunkRead(node, null);
    refuseFromC(node);
    expect(node.all('readSnapshotChunk').at(-1)?.snapshot.lastIndex).toBe(6);
    node.receive('c', answer(10, true));
    expect(node.status.peers[1]?.state).toBe('snapshot');
  });

  test('40. a receiver that starts again is served from the start', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 21, { snapshotChunkBytesMax: 16 });
    cluster.runUntil('a leader', () => cluster.isConverged());
    const leader = cluster.leader() ?? '';
    const slow = ['a', 'b', 'c'].find((name) => name !== leader) ?? '';
    cluster.crash(slow);
    for (let count = 0; count < 10; count++) cluster.propose(leader);
    cluster.run(100);
    cluster.snapshot(leader, 0);
    cluster.start(slow);
    cluster.runUntil('the transfer is under way', () => cluster.status(leader)?.peers.some(({ state }) => state === 'snapshot') ?? false);
    cluster.run(20);
    cluster.crash(slow);
    cluster.start(slow);
    cluster.runUntil('agreement', () => cluster.isConverged());
    expect(cluster.snapshotsInstalled).toBe(1);
  });
});
