import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { bytes, command, configurationOf, logOf, snapshotAt } from '../harness/fixtures.ts';
import { chunkRead, compactedLeader } from './snapshots.ts';
import { applied } from './support.ts';

const three = configurationOf('a', 'b', 'c');

/** A follower that has applied four entries, and holds a fifth that is not committed. */
function follower(): DrivenNode {
  const node = new DrivenNode('c', { entries: logOf(1, 1, 2, 2, 2) });
  node.receive('a', append(2, [5, 2], [], 4));
  node.give({ type: 'applied', index: 4 });
  return node.forget();
}

describe('§7', () => {
  test('§7 ¶2: the whole state goes to a snapshot on stable storage, and then the log up to there goes', () => {
    const node = follower();
    // Nothing goes before the driver says that the snapshot is durable.
    node.wait(10_000);
    expect(node.status.firstIndex).toBe(1);
    expect(node.all('compactLog')).toEqual([]);
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 2, three), keepEntries: 0 });
    expect(node.all('compactLog')).toEqual([{ type: 'compactLog', throughIndex: 4 }]);
    expect(node.status).toMatchObject({ firstIndex: 5, lastIndex: 5 });
  });

  test('§7 ¶4: each server takes its own, whatever the others do', () => {
    for (const node of [follower(), new DrivenNode('c', { entries: logOf(1, 1) })]) {
      const indexes = applied(node);
      node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 2, three), keepEntries: 0 });
      expect(node.all('send')).toEqual([]);
      expect(applied(node)).toEqual(indexes);
    }
  });

  test('§7 ¶4: it covers committed entries only', () => {
    const node = follower();
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(5, 2, three), keepEntries: 0 });
    expect(node.all('compactLog')).toEqual([]);
    expect(node.status).toMatchObject({ firstIndex: 1, lastIndex: 5 });
  });

  test('§7 ¶4: with it are kept the index and the term of the last entry that it replaces', () => {
    const node = compactedLeader();
    node.accept('c', 0);
    expect(node.all('readSnapshotChunk')[0]?.snapshot).toMatchObject({ lastIndex: 5, lastTerm: 1 });
    const again = new DrivenNode('c', { snapshot: snapshotAt(5, 3, three) });
    again.timeout();
    expect(again.lastSent('preVoteRequest', 'a')).toMatchObject({ lastIndex: 5, lastTerm: 3 });
  });

  test('§7 ¶4: the first entry after it is checked against these two', () => {
    for (const [term, answer] of [[3, 'appendAccepted'], [2, 'appendRejected']] as const) {
      const node = new DrivenNode('c', { snapshot: snapshotAt(5, 3, three), entries: [command(6, 3)] });
      node.receive('a', append(4, [6, term], [command(7, 4)]));
      expect(node.sends(answer, 'a')).toHaveLength(1);
    }
    const node = new DrivenNode('c', { snapshot: snapshotAt(5, 3, three) });
    node.receive('a', append(4, [5, 3], [command(6, 4)]));
    expect(node.lastSent('appendAccepted').matchIndex).toBe(6);
    // Below its end all is committed; another term there would mean that two leaders committed different entries, and the node stops.
    node.receive('a', append(4, [5, 2], [command(6, 4)]));
    expect(node.all('stopped')).toHaveLength(1);
    const leader = new DrivenNode('a', { snapshot: snapshotAt(5, 3, three) }).elect('b');
    expect(leader.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 5, previousTerm: 3, entries: [{ index: 6 }] });
  });

  test('§7 ¶4: with it is kept the latest configuration up to there', () => {
    const four = configurationOf('a', 'b', 'c', 'd');
    const node = new DrivenNode('c', { snapshot: snapshotAt(5, 3, four) });
    expect(node.status).toMatchObject({ configuration: four, configurationIndex: 5 });
    node.timeout();
    expect(node.sends('preVoteRequest').map(({ to }) => to)).toEqual(['a', 'b', 'd']);
  });

  test('§7 ¶4: once it is written, all entries through its end and every older snapshot may go', () => {
    const node = compactedLeader();
    expect(node.status).toMatchObject({ firstIndex: 6, lastIndex: 5 });
    node.propose('z');
    node.write();
    node.accept('b', 6);
    node.give({ type: 'applied', index: 6 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(6, 1, three, 12), keepEntries: 0 });
    // Only the newest is ever read from now on, and an older one that comes late does not take its place.
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(5, 1, three, 10), keepEntries: 0 });
    node.accept('c', 0);
    expect(node.all('readSnapshotChunk').map(({ snapshot }) => snapshot.lastIndex)).toEqual([6]);
    // Ours may keep some entries for followers that are a little behind.
    const kept = follower();
    kept.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 2, three), keepEntries: 3 });
    expect(kept.status.firstIndex).toBe(2);
  });

  test('§7 ¶5: a follower whose next entry the leader has discarded gets a snapshot', () => {
    const node = compactedLeader();
    node.accept('c', 2);
    expect(node.all('readSnapshotChunk')).toMatchObject([{ to: 'c', snapshot: { lastIndex: 5 }, offsetBytes: 0 }]);
    chunkRead(node, bytes('0123'));
    expect(node.sends('snapshotChunk').map(({ to }) => to)).toEqual(['c']);
  });

  test('§7 ¶5: one that has kept up never needs it', () => {
    const node = compactedLeader();
    node.propose('z');
    node.accept('b', 6);
    for (let beat = 0; beat < 5; beat++) node.timeout();
    expect(node.all('readSnapshotChunk')).toEqual([]);
    expect(node.sends('appendRequest', 'b').some(({ message }) => message.previousIndex === 5 && message.entries.length === 1)).toBe(true);
  });

  test('§7 ¶5: one that is very slow, or new, is brought up to date by it and then by the log', () => {
    const node = compactedLeader();
    const peer = new DrivenNode('c');
    node.propose('z');
    node.accept('c', 0);
    for (const text of ['0123', '4567', '89']) {
      chunkRead(node, bytes(text));
      peer.receive('a', node.lastSent('snapshotChunk', 'c'));
      node.receive('c', peer.lastSent('snapshotChunkResponse', 'a'));
    }
    peer.write();
    node.receive('c', peer.lastSent('snapshotChunkResponse', 'a'));
    peer.receive('a', node.lastSent('appendRequest', 'c'));
    peer.write();
    expect(peer.status).toMatchObject({ commitIndex: 5, lastIndex: 6 });
    node.receive('c', peer.lastSent('appendAccepted', 'a'));
    expect(node.status.peers[1]).toMatchObject({ state: 'replicate', matchIndex: 6 });
  });

  test('§7 ¶6: a snapshot that brings something new takes the place of the whole log, also of entries that conflict with it', () => {
    const node = new DrivenNode('c', { entries: logOf(1, 1, 1, 1, 1, 1, 1) });
    node.receive('a', { type: 'snapshotChunk', term: 2, snapshot: snapshotAt(5, 2, three, 4), offsetBytes: 0, data: bytes('data'), done: true });
    node.write();
    expect(node.status).toMatchObject({ firstIndex: 6, lastIndex: 5, commitIndex: 5, appliedIndex: 5 });
  });

  test('§7 ¶6: one that covers only a beginning of the log leaves what follows as it is', () => {
    const node = new DrivenNode('c', { entries: logOf(1, 1, 2, 2, 2) });
    node.receive('a', { type: 'snapshotChunk', term: 2, snapshot: snapshotAt(3, 2, three, 4), offsetBytes: 0, data: bytes('data'), done: true });
    node.write();
    // Ours: what it covers is now known to be committed and is applied from the log; it is deleted when this server takes its own snapshot.
    expect(node.status).toMatchObject({ lastIndex: 5, commitIndex: 3 });
    expect(applied(node)).toEqual([1, 2, 3]);
    node.receive('a', append(2, [5, 2], [], 5));
    expect(applied(node)).toEqual([1, 2, 3, 4, 5]);
  });

  test('§7 ¶7: a follower needs no leave of the leader, and sends its data to nobody', () => {
    const node = follower();
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 2, three, 10), keepEntries: 0 });
    for (let beat = 0; beat < 3; beat++) node.receive('a', append(2, [5, 2], [], 4));
    expect(new Set(node.all('send').map(({ message }) => message.type))).toEqual(new Set(['appendAccepted']));
    expect(node.all('readSnapshotChunk')).toEqual([]);
  });

  test('§7 ¶10: while one is being written the others\' requests and new entries go on', () => {
    const node = follower();
    // Between the state it was taken from and `snapshotTaken`, entries are appended, committed and applied; none of them is lost with the log.
    node.receive('a', append(2, [5, 2], [command(6, 2), command(7, 2)], 7));
    node.give({ type: 'applied', index: 7 });
    node.give({ type: 'snapshotTaken', snapshot: snapshotAt(4, 2, three), keepEntries: 0 });
    expect(applied(node)).toEqual([5, 6, 7]);
    expect(node.status).toMatchObject({ firstIndex: 5, lastIndex: 7, commitIndex: 7 });
  });
});
