import { describe, expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import type { Effect } from '@raft-mesh/raft';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { bytes, command, configurationOf, id, logOf, noop } from './harness/fixtures.ts';

describe('paper §5.3: the leader', () => {
  test('appends proposals to its own log first, then sends them in parallel, before its disk is done', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    const effects = node.propose('x', 'y');
    expect(effects.map(({ type }) => type)).toEqual(['write', 'send', 'send', 'proposalAccepted']);
    expect(effects[0]).toMatchObject({ entries: [{ index: 2, data: bytes('x') }, { index: 3, data: bytes('y') }] });
    expect(node.all('proposalAccepted')[0]).toMatchObject({ term: 1, firstIndex: 2 });
    expect(node.sends('appendRequest', 'b')[0]).toMatchObject({ after: null, message: { previousIndex: 1, previousTerm: 1, commitIndex: 1 } });
  });

  test('commits once a majority holds the entry, applies it, and tells the followers at once', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.write();
    expect(node.status.commitIndex).toBe(1);
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(2);
    expect(node.all('apply').map(({ entries }) => entries.map(({ index }) => index))).toEqual([[2]]);
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ entries: [], commitIndex: 2 });
    // The other has that append still on its way: it learns the commit from its next one.
    expect(node.sends('appendRequest', 'c')).toHaveLength(1);
    node.accept('c', 2);
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ entries: [], commitIndex: 2 });
  });

  test('with a delay, says that commands are committed with the next append, or when the delay is over', () => {
    const node = new DrivenNode('a', { options: { commitAnnounceDelayMs: 2 } }).lead('b', 'c');
    node.propose('x');
    node.write();
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(2);
    expect(node.sends('appendRequest', 'b')).toHaveLength(1);
    expect(node.node.deadlineMs).toBe(node.now + 2);
    node.propose('y');
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ entries: [{ index: 3 }], commitIndex: 2 });
    node.write();
    node.accept('b', 3);
    node.wait(2);
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ entries: [], commitIndex: 3 });
    // The other has an append on its way: it learns the commit when that is answered, after as long.
    expect(node.sends('appendRequest', 'c').every(({ message }) => message.commitIndex < 3)).toBe(true);
    node.accept('c', 3);
    node.wait(2);
    expect(node.lastSent('appendRequest', 'c')).toMatchObject({ entries: [], commitIndex: 3 });
  });

  test('with a delay too, what is more than a command is told at once', () => {
    const node = new DrivenNode('a', { options: { commitAnnounceDelayMs: 2 } }).elect('b');
    node.write();
    node.accept('b', 1);
    expect(node.status.commitIndex).toBe(1);
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ entries: [], commitIndex: 1 });
  });

  test('sends the very same message to peers that stand alike', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.accept('c', 1);
    node.propose('x');
    expect(node.lastSent('appendRequest', 'b')).toBe(node.lastSent('appendRequest', 'c'));
  });

  test('the majority may be the followers alone: the own disk need not be the fastest', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(1);
    node.accept('c', 2);
    expect(node.status.commitIndex).toBe(2);
  });

  test('its first entry is a no-op of its term', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1) }).elect('b');
    expect(node.all('write').at(-1)?.entries).toEqual([{ ...noop(3, 2), logTimeMs: 0 }]);
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 2, entries: [{ kind: 'noop' }] });
  });

  test('commits also all that precedes, of earlier leaders', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1) }).elect('b');
    node.write();
    node.accept('b', 3);
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([1, 2, 3]);
  });

  test('keeps many appends on their way to a peer that follows, one to a peer that is probed', () => {
    const node = new DrivenNode('a').lead('b');
    for (let count = 0; count < 5; count++) node.propose('x');
    expect(node.sends('appendRequest', 'b').map(({ message }) => message.previousIndex)).toEqual([1, 2, 3, 4, 5]);
    expect(node.sends('appendRequest', 'c')).toHaveLength(0);
  });

  test('splits what it sends at appendBytesMax, and sends a larger entry alone', () => {
    const node = new DrivenNode('a', { options: { appendBytesMax: 100 } }).lead('b', 'c');
    node.propose('x'.repeat(30), 'y'.repeat(30), 'z'.repeat(300));
    expect(node.sends('appendRequest', 'b').map(({ message }) => message.entries.length)).toEqual([1, 1, 1]);
  });
});

describe('paper §5.3: the follower', () => {
  const follower = (...entryTerms: readonly number[]): DrivenNode => new DrivenNode('a', { entries: logOf(...entryTerms) });

  test('refuses an append whose predecessor it lacks or holds with another term', () => {
    const node = follower(1, 1, 2);
    node.receive('b', append(3, [5, 3]));
    expect(node.lastSent('appendRejected')).toMatchObject({ previousIndex: 5, hintIndex: 3, hintTerm: 2 });
    node.receive('b', append(3, [3, 1]));
    expect(node.lastSent('appendRejected')).toMatchObject({ previousIndex: 3, hintIndex: 2, hintTerm: 1 });
    expect(node.status.lastIndex).toBe(3);
  });

  test('drops a conflicting entry and all that follow it, and appends what is new, in one write', () => {
    const node = follower(1, 1, 2, 2);
    node.receive('b', append(3, [2, 1], [command(3, 3)]));
    expect(node.all('write').at(-1)).toMatchObject({ truncateFrom: 3, entries: [{ index: 3, term: 3 }] });
    expect(node.status.lastIndex).toBe(3);
  });

  test('commits what the leader has committed, and applies it', () => {
    const node = follower(1, 1);
    node.receive('b', append(1, [2, 1], [command(3, 1)], 3));
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([1, 2, 3]);
  });

  test('Figure 7: every shape of divergence is repaired', () => {
    const shapes = [
      [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];
    const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    for (const shape of shapes) {
      const leader = new DrivenNode('a', { entries: logOf(...leaderTerms), term: 7 }).elect('b');
      const peer = new DrivenNode('c', { entries: logOf(...shape), term: 7 });
      const rounds = converse(leader, peer);
      expect(peer.status).toMatchObject({ lastIndex: 11, term: 8 });
      expect(rounds).toBeLessThan(10);
    }
  });
});

/** Passes messages between a leader and one peer until both are silent. Returns how many rounds it took. */
function converse(leader: DrivenNode, peer: DrivenNode): number {
  let toPeer = leader.effects.filter((effect) => effect.type === 'send' && effect.to === 'c');
  leader.forget();
  let rounds = 0;
  for (; toPeer.length > 0; rounds++) {
    if (rounds > 100) throw new Error('they never agree');
    const answers = toPeer.flatMap((effect) => (effect.type === 'send' ? peer.receive('a', effect.message) : []));
    peer.write();
    toPeer = answers.flatMap((effect): readonly Effect[] => (effect.type === 'send' ? leader.receive('c', effect.message) : [])).filter((effect) => effect.type === 'send' && effect.to === 'c');
  }
  return rounds;
}

describe('scenarios: commit and log', () => {
  test('15. Figure 8: an entry of an earlier term on a majority is committed only with one of this term', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 2), term: 3 }).elect('b');
    node.write();
    node.accept('b', 2);
    expect(node.status.commitIndex).toBe(0);
    node.accept('b', 3);
    expect(node.status.commitIndex).toBe(3);
  });

  test('16. nothing is committed by a refusal, by an answer of another term, or by a stranger', () => {
    const node = new DrivenNode('a').elect('b');
    node.write();
    node.receive('b', { type: 'appendRejected', term: 1, previousIndex: 1, hintIndex: 1, hintTerm: 1, readContext: 0 });
    node.receive('b', { type: 'appendAccepted', term: 0, matchIndex: 1, readContext: 0 });
    node.receive('z', { type: 'appendAccepted', term: 1, matchIndex: 1, readContext: 0 });
    node.accept('b', 99);
    expect(node.status.commitIndex).toBe(0);
  });

  test('17. a follower acknowledges only what is durable, and says which write that takes', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], [noop(1, 1), command(2, 1)]));
    const first = node.all('write')[0]?.writeId;
    expect(node.sends('appendAccepted')[0]).toMatchObject({ after: first, message: { matchIndex: 2 } });
    node.receive('b', append(1, [2, 1]));
    // The heartbeat is answered with what is on disk, which is nothing yet; only the term has to be.
    expect(node.sends('appendAccepted')[1]).toMatchObject({ message: { matchIndex: 0 } });
    node.receive('b', append(1, [0, 0], [noop(1, 1), command(2, 1)]));
    expect(node.sends('appendAccepted')[2]).toMatchObject({ after: first, message: { matchIndex: 2 } });
    node.write();
    node.receive('b', append(1, [2, 1]));
    expect(node.sends('appendAccepted')[3]).toMatchObject({ after: null, message: { matchIndex: 2 } });
  });

  test('18. a heartbeat with a high commit index commits no more than what it verified', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 2, 2) });
    node.receive('b', append(3, [2, 1], [], 9));
    expect(node.status.commitIndex).toBe(2);
  });

  test('19. an older append that comes again never drops what follows it', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], [noop(1, 1)]));
    node.receive('b', append(1, [1, 1], [command(2, 1), command(3, 1)]));
    node.receive('b', append(1, [0, 0], [noop(1, 1)]));
    node.receive('b', append(1, [1, 1], [command(2, 1)]));
    expect(node.status.lastIndex).toBe(3);
    expect(node.all('write')).toHaveLength(2);
  });

  test('20. an append that begins below the snapshot is no conflict, and adds what is new', () => {
    const snapshot = { lastIndex: 5, lastTerm: 1, logTimeMs: 0, configuration: configurationOf('a', 'b', 'c'), sizeBytes: 9 };
    const node = new DrivenNode('a', { snapshot });
    node.receive('b', append(1, [3, 1], [4, 5, 6, 7].map((index) => command(index, 1)), 6));
    expect(node.all('write').at(-1)?.entries.map(({ index }) => index)).toEqual([6, 7]);
    expect(node.status).toMatchObject({ lastIndex: 7, commitIndex: 6 });
  });

  test('21. a late completion of a write that was overwritten counts for nothing', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0], [noop(1, 1), command(2, 1)]));
    const overwritten = node.all('write')[0]?.writeId ?? 0;
    node.receive('c', append(2, [0, 0], [noop(1, 2), command(2, 2)]));
    const current = node.all('write')[1]?.writeId ?? 0;
    node.give({ type: 'written', writeId: overwritten });
    node.receive('c', append(2, [2, 2]));
    expect(node.sends('appendAccepted').at(-1)).toMatchObject({ message: { matchIndex: 0 } });
    node.give({ type: 'written', writeId: current });
    node.give({ type: 'written', writeId: overwritten });
    node.receive('c', append(2, [2, 2]));
    expect(node.sends('appendAccepted').at(-1)).toMatchObject({ after: null, message: { matchIndex: 2 } });
  });

  test('22. a refusal that comes late rewinds nothing', () => {
    const node = new DrivenNode('a').lead('b');
    for (let count = 0; count < 5; count++) node.propose('x');
    node.accept('b', 4);
    const before = node.status.peers[0];
    node.receive('b', { type: 'appendRejected', term: 1, previousIndex: 3, hintIndex: 1, hintTerm: 1, readContext: 0 });
    expect(node.status.peers[0]).toMatchObject({ state: 'replicate', matchIndex: 4, nextIndex: before?.nextIndex });
    const probed = new DrivenNode('a', { entries: logOf(1, 1, 1, 1) }).elect('b');
    probed.receive('b', { type: 'appendRejected', term: 2, previousIndex: 2, hintIndex: 0, hintTerm: 0, readContext: 0 });
    expect(probed.status.peers[0]?.nextIndex).toBe(5);
  });

  test('23. logs that differ over thousands of entries meet again within a round per term', () => {
    const spread = (first: number, step: number): number[] => Array.from({ length: 4000 }, (_, offset) => first + step * Math.floor(offset / 400));
    const leader = new DrivenNode('a', { entries: logOf(1, ...spread(2, 2)) }).elect('b');
    const peer = new DrivenNode('c', { entries: logOf(1, ...spread(3, 2)) });
    expect(converse(leader, peer)).toBeLessThan(30);
    expect(peer.status.lastIndex).toBe(4002);
  });

  test('24. a full window whose messages were all lost is probed with each heartbeat and recovers', () => {
    const node = new DrivenNode('a', { options: { inflightMessagesMax: 3 } }).lead('b');
    for (let count = 0; count < 8; count++) node.propose('x');
    expect(node.sends('appendRequest', 'b')).toHaveLength(3);
    node.forget().timeout();
    const probe = node.lastSent('appendRequest', 'b');
    expect(probe).toMatchObject({ previousIndex: 4, entries: [] });
    node.receive('b', { type: 'appendRejected', term: 1, previousIndex: 4, hintIndex: 1, hintTerm: 1, readContext: 0 });
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 1, entries: { length: 8 } });
    node.accept('b', 9);
    expect(node.status.peers[0]).toMatchObject({ state: 'replicate', matchIndex: 9 });
  });

  test('24. the window is bounded in bytes, too, and moves with each answer', () => {
    const node = new DrivenNode('a', { options: { inflightBytesMax: 250, appendBytesMax: 100 } }).lead('b');
    for (let count = 0; count < 8; count++) node.propose('x'.repeat(68));
    expect(node.sends('appendRequest', 'b')).toHaveLength(3);
    node.accept('b', 2);
    expect(node.sends('appendRequest', 'b')).toHaveLength(4);
  });

  test('26. a leader of one commits only what its own disk has', () => {
    const node = new DrivenNode('a', { voters: ['a'] });
    node.timeout();
    node.write();
    expect(node.status.commitIndex).toBe(0);
    node.write();
    expect(node.status.commitIndex).toBe(1);
    node.propose('x');
    expect(node.status.commitIndex).toBe(1);
    node.write();
    expect(node.status.commitIndex).toBe(2);
  });

  test('26. without a quorum proposals are refused at the byte limit, and accepted again after a commit', () => {
    const node = new DrivenNode('a', { options: { uncommittedBytesMax: 200 } }).lead('b');
    node.propose('x'.repeat(60));
    node.propose('x'.repeat(60));
    node.forget().propose('x'.repeat(60));
    expect(node.all('proposalRefused')[0]?.reason).toEqual({ code: 'backlogFull', limitBytes: 200 });
    expect(node.status.lastIndex).toBe(3);
    node.write();
    node.accept('b', 3);
    node.forget().propose('x'.repeat(60));
    expect(node.all('proposalAccepted')).toHaveLength(1);
  });

  test('31. a leader whose disk hangs steps down, however fast its peers answer', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    for (let beat = 0; beat < 30 && node.status.role === 'leader'; beat++) {
      node.timeout();
      for (const peer of ['b', 'c']) node.accept(peer, 2);
    }
    expect(node.status).toMatchObject({ role: 'follower', leader: null });
  });
});

describe('refusals, log time, configuration', () => {
  test('a node that does not lead refuses proposals and names the leader it knows', () => {
    const node = new DrivenNode('a');
    node.propose('x');
    node.receive('b', append(1, [0, 0]));
    node.propose('x');
    expect(node.all('proposalRefused').map(({ reason }) => reason)).toEqual([{ code: 'notLeader', leader: null }, { code: 'notLeader', leader: 'b' }]);
  });

  test('log time goes on from the last known, by the own clock, and stands still without a leader', () => {
    const node = new DrivenNode('a');
    node.receive('b', { ...append(1, [0, 0], [{ ...noop(1, 1), logTimeMs: 40 }]), logTimeMs: 5000 });
    expect(node.status.logTimeMs).toBe(5000);
    node.now += 700;
    expect(node.status.logTimeMs).toBe(5000);
    node.elect('c');
    node.now += 120.4;
    node.propose('x');
    expect(node.all('write').at(-1)?.entries[0]?.logTimeMs).toBe(5120);
    expect(node.status.logTimeMs).toBe(5120);
    node.receive('b', append(9, [0, 0]));
    expect(node.status.logTimeMs).toBe(5120);
  });

  test('log time stands still while the leader sleeps, and never falls', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.timeout();
    const beforeMs = node.status.logTimeMs;
    node.now += 3_600_000;
    const shownMs = node.status.logTimeMs;
    node.propose('after an hour of sleep');
    const writtenMs = node.all('write').at(-1)?.entries[0]?.logTimeMs ?? 0;
    expect(shownMs - beforeMs).toBeLessThanOrEqual(defaultRaftOptions.electionTimeoutMinMs);
    expect(writtenMs).toBeGreaterThanOrEqual(shownMs);
    expect(writtenMs - beforeMs).toBeLessThanOrEqual(defaultRaftOptions.electionTimeoutMinMs);
    node.wait(40);
    expect(node.status.logTimeMs).toBe(writtenMs + 40);
  });

  test('45. a configuration is in force when appended and rolled back when truncated', () => {
    const node = new DrivenNode('a', { entries: logOf(1) });
    const configuration = configurationOf('a', 'b', 'c', 'd', 'e');
    node.receive('b', append(1, [1, 1], [{ kind: 'configuration', term: 1, index: 2, logTimeMs: 0, configuration }]));
    expect(node.status.configuration.voters).toHaveLength(5);
    node.receive('c', append(2, [1, 1], [noop(2, 2)]));
    expect(node.status.configuration.voters).toHaveLength(3);
  });

  test('apply comes in bounded batches, as far as the bound on outstanding ones allows, in order', () => {
    const node = new DrivenNode('a', { entries: Array.from({ length: 40 }, (_, offset) => command(offset + 1, 1, 'x'.repeat(600_000))) });
    node.receive('b', append(1, [40, 1], [], 40));
    expect(node.all('apply')).toHaveLength(16);
    for (let applied = 0; applied < 40;) {
      applied = node.all('apply').at(-1)?.entries.at(-1)?.index ?? 0;
      node.give({ type: 'applied', index: applied });
    }
    expect(node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual(Array.from({ length: 40 }, (_, offset) => offset + 1));
  });

  test('same options and inputs give the same effects', () => {
    const transcript = (): string => {
      const node = new DrivenNode('a', { seed: 99 });
      node.lead('b', 'c');
      node.propose('x');
      for (let count = 0; count < 30; count++) node.timeout();
      return JSON.stringify(node.effects);
    };
    expect(transcript()).toBe(transcript());
  });

  test('a proposal survives the death of its leader once a majority has it', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 3);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const leader = cluster.leader() ?? '';
    cluster.propose(leader);
    cluster.runUntil('a commit', () => (cluster.status(leader)?.commitIndex ?? 0) >= 2);
    cluster.crash(leader);
    cluster.runUntil('another leader', () => cluster.leader() !== null && cluster.leader() !== leader);
    cluster.start(leader);
    cluster.runUntil('agreement', () => cluster.isConverged());
    expect(cluster.hosts.get(id(leader))?.appliedIndex).toBeGreaterThanOrEqual(3);
  });
});
