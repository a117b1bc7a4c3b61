import { describe, expect, test } from '@jest/globals';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { bytes, command, configurationOf, logOf, snapshotAt } from '../harness/fixtures.ts';
import { applied, logOnDisk, restarted, termsOf, votes, voteRequest } from './support.ts';

const lead = (entries = logOf(1, 1)): DrivenNode => new DrivenNode('a', { entries }).elect('b');

describe('Figure 2, State', () => {
  test('Figure 2, State, persistent: term, vote and log are on stable storage before an answer that depends on them leaves', () => {
    const term = new DrivenNode('a');
    term.receive('b', append(5, [0, 0]));
    expect(term.all('write')[0]?.hardState).toEqual({ term: 5, votedFor: null });
    expect(term.sends('appendAccepted')[0]?.after).toBe(term.all('write')[0]?.writeId);
    const vote = new DrivenNode('a');
    vote.receive('b', voteRequest(1));
    expect(vote.all('write')[0]?.hardState).toEqual({ term: 1, votedFor: 'b' });
    expect(vote.sends('voteResponse')[0]?.after).toBe(vote.all('write')[0]?.writeId);
    const log = new DrivenNode('a', { term: 1 });
    log.receive('b', append(1, [0, 0], logOf(1, 1)));
    expect(log.all('write')[0]?.entries).toHaveLength(2);
    expect(log.sends('appendAccepted')[0]).toMatchObject({ after: log.all('write')[0]?.writeId, message: { matchIndex: 2 } });
  });

  test('Figure 2, State, currentTerm: the latest term seen; 0 at the first boot; never falls, not even over a restart', () => {
    const node = new DrivenNode('a');
    expect(node.status.term).toBe(0);
    node.receive('b', append(5, [0, 0]));
    node.receive('c', append(3, [0, 0]));
    node.receive('c', voteRequest(4));
    expect(node.status.term).toBe(5);
    expect(restarted(node).status.term).toBe(5);
  });

  test('Figure 2, State, votedFor: who got the vote of this term, nobody when a term begins', () => {
    const node = new DrivenNode('a');
    node.receive('b', voteRequest(1));
    node.receive('c', append(2, [0, 0]));
    expect(node.all('write').map(({ hardState }) => hardState)).toEqual([{ term: 1, votedFor: 'b' }, { term: 2, votedFor: null }]);
    expect(votes(restarted(node), 'c', voteRequest(2))).toBe(true);
  });

  test('Figure 2, State, log[]: an entry holds a command and the term in which its leader received it; the first has index 1', () => {
    const node = new DrivenNode('a').elect('b');
    node.propose('x');
    const later = restarted(node).elect('b');
    later.propose('y');
    expect(logOnDisk(node)).toMatchObject([{ index: 1, term: 1 }, { index: 2, term: 1, data: bytes('x') }]);
    expect(logOnDisk(later)).toMatchObject([{ index: 3, term: 2 }, { index: 4, term: 2, data: bytes('y') }]);
  });

  test('Figure 2, State, commitIndex: 0 at first; never falls', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    expect(node.status.commitIndex).toBe(0);
    node.receive('b', append(1, [3, 1], [], 3));
    node.receive('b', append(1, [3, 1], [], 1));
    expect(node.status.commitIndex).toBe(3);
  });

  test('Figure 2, State, lastApplied: 0 at first; never falls', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    expect(node.status.appliedIndex).toBe(0);
    node.receive('b', append(1, [3, 1], [], 3));
    node.give({ type: 'applied', index: 3 });
    node.give({ type: 'applied', index: 2 });
    expect(node.status.appliedIndex).toBe(3);
    // Volatile in the paper; here it has no place of its own on disk either: the state machine's durable state is the snapshot, so a restart begins at its end.
    expect(new DrivenNode('a', { snapshot: snapshotAt(3, 1, configurationOf('a', 'b', 'c')) }).status).toMatchObject({ appliedIndex: 3, commitIndex: 3 });
  });

  test('Figure 2, State, nextIndex[]: for each peer the next entry to send, at first the one after the leader\'s last', () => {
    const node = lead();
    expect(node.status.peers.map(({ nextIndex }) => nextIndex)).toEqual([3, 3]);
    expect(node.sends('appendRequest').map(({ message }) => [message.previousIndex, message.entries[0]?.index])).toEqual([[2, 3], [2, 3]]);
  });

  test('Figure 2, State, matchIndex[]: for each peer the last entry known to be there; 0 at first; never falls', () => {
    const node = lead();
    expect(node.status.peers.map(({ matchIndex }) => matchIndex)).toEqual([0, 0]);
    node.accept('b', 3);
    node.accept('b', 1);
    expect(node.status.peers.map(({ matchIndex }) => matchIndex)).toEqual([3, 0]);
  });

  test('Figure 2, State, leaders: nextIndex[] and matchIndex[] are made anew after each election', () => {
    const node = lead();
    node.accept('b', 3);
    node.receive('c', append(9, [0, 0]));
    expect(node.status.peers).toEqual([]);
    node.elect('c');
    expect(node.status.peers.map(({ matchIndex, nextIndex }) => [matchIndex, nextIndex])).toEqual([[0, 4], [0, 4]]);
  });
});

describe('Figure 2, AppendEntries', () => {
  test('Figure 2, AppendEntries, use: the leader replicates with it, and keeps its lead with an empty one', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    expect(node.sends('appendRequest').map(({ to, message }) => [to, message.entries.length])).toEqual([['b', 1], ['c', 1]]);
    node.accept('b', 2);
    node.accept('c', 2);
    node.forget().timeout();
    expect(node.sends('appendRequest').map(({ to, message }) => [to, message.entries.length])).toEqual([['b', 0], ['c', 0]]);
  });

  test('Figure 2, AppendEntries, term: it carries the leader\'s term', () => {
    const node = new DrivenNode('a', { term: 6 }).elect('b');
    expect(node.sends('appendRequest').map(({ message }) => message.term)).toEqual([7, 7]);
  });

  test('Figure 2, AppendEntries, leaderId: from it a follower knows where to send clients', () => {
    // The sender's name is the link's, which nobody can forge in a message.
    const node = new DrivenNode('a');
    node.receive('c', append(1, [0, 0]));
    node.propose('x');
    expect(node.all('proposalRefused')[0]?.reason).toEqual({ code: 'notLeader', leader: 'c' });
  });

  test('Figure 2, AppendEntries, prevLogIndex and prevLogTerm: they name the entry just before the new ones', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 4) }).elect('b');
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 2, previousTerm: 4, entries: [{ index: 3 }] });
    node.accept('b', 3);
    node.propose('x');
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 3, previousTerm: 5, entries: [{ index: 4 }] });
  });

  test('Figure 2, AppendEntries, entries[]: none in a heartbeat, and many at once where there are many', () => {
    const node = lead();
    node.propose('x', 'y');
    node.propose('z');
    node.accept('b', 3);
    expect(node.lastSent('appendRequest', 'b').entries.map(({ index }) => index)).toEqual([4, 5, 6]);
    node.accept('b', 6);
    node.forget().timeout();
    expect(node.lastSent('appendRequest', 'b').entries).toEqual([]);
  });

  test('Figure 2, AppendEntries, leaderCommit: it carries the leader\'s commit index', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    expect(node.lastSent('appendRequest', 'b').commitIndex).toBe(1);
    node.write();
    node.accept('c', 2);
    node.accept('b', 2);
    expect(node.lastSent('appendRequest', 'b').commitIndex).toBe(2);
  });

  test('Figure 2, AppendEntries, results, term: the answer carries the receiver\'s term, so that a leader of the past learns it is one', () => {
    const receiver = new DrivenNode('b', { term: 9 });
    receiver.receive('a', append(1, [0, 0]));
    const leader = new DrivenNode('a').lead('b');
    leader.receive('b', receiver.lastSent('appendRejected', 'a'));
    expect(leader.status).toMatchObject({ role: 'follower', term: 9 });
  });

  test('Figure 2, AppendEntries, results, success: yes exactly when the receiver holds the preceding entry with that term', () => {
    const answers = ([[0, 0], [1, 1], [2, 2], [2, 1], [3, 2], [4, 2]] as const).map((previous) => {
      const node = new DrivenNode('a', { entries: logOf(1, 2, 2) });
      node.receive('b', append(3, previous));
      return node.sends('appendAccepted').length === 1 && node.sends('appendRejected').length === 0;
    });
    expect(answers).toEqual([true, true, true, false, true, false]);
  });

  test('Figure 2, AppendEntries 1: no, when its term is earlier than the receiver\'s', () => {
    const node = new DrivenNode('a', { term: 5 });
    const deadlineMs = node.node.deadlineMs;
    node.receive('b', append(4, [0, 0], logOf(4), 1));
    expect(node.sends('appendAccepted')).toEqual([]);
    expect(node.lastSent('appendRejected', 'b').term).toBe(5);
    expect(node.status).toMatchObject({ lastIndex: 0, commitIndex: 0, leader: null });
    expect(node.node.deadlineMs).toBe(deadlineMs);
  });

  test('Figure 2, AppendEntries 2: no, when the log lacks the preceding entry or holds it with another term', () => {
    for (const previous of [[4, 2], [3, 1]] as const) {
      const node = new DrivenNode('a', { entries: logOf(1, 1, 2) });
      node.receive('b', append(3, previous, [command(previous[0] + 1, 3)], 5));
      expect(node.sends('appendRejected', 'b')).toHaveLength(1);
      expect(node.status).toMatchObject({ lastIndex: 3, commitIndex: 0 });
    }
    // Ours: below the commit index the check is not needed, and the entry may be compacted away. What is committed here stands in every
    // leader's log with the same term (Leader Completeness), so agreement there is known. Where terms are at hand and differ, the node stops.
    const compacted = new DrivenNode('a', { snapshot: snapshotAt(5, 2, configurationOf('a', 'b', 'c')) });
    compacted.receive('b', append(3, [3, 1], [command(4, 2), command(5, 2), command(6, 3)]));
    expect(compacted.lastSent('appendAccepted').matchIndex).toBe(6);
    const broken = new DrivenNode('a', { entries: logOf(1, 1, 1) });
    broken.receive('b', append(1, [3, 1], [], 3));
    broken.receive('c', append(4, [2, 3], [command(3, 3)]));
    expect(broken.all('stopped')).toHaveLength(1);
  });

  test('Figure 2, AppendEntries 3: an entry that conflicts with a new one goes, and all that follow it', () => {
    const entries = logOf(1, 1, 2, 2, 2);
    const node = new DrivenNode('a', { entries });
    node.receive('b', append(3, [1, 1], [command(2, 1), command(3, 3)]));
    expect(node.all('write').at(-1)?.truncateFrom).toBe(3);
    expect(termsOf(logOnDisk(node, entries))).toEqual([1, 1, 3]);
    expect(node.status.lastIndex).toBe(3);
    // Without a conflict nothing goes, however short the request: a late one must not take back what a newer one brought.
    const agreeing = new DrivenNode('a', { entries: logOf(1, 1, 1, 1) });
    agreeing.receive('b', append(1, [0, 0], logOf(1, 1)));
    expect(agreeing.status.lastIndex).toBe(4);
  });

  test('Figure 2, AppendEntries 4: new entries that the log does not hold are appended, and no others', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1) });
    node.receive('b', append(1, [0, 0], logOf(1, 1, 1, 1)));
    expect(node.all('write').at(-1)).toMatchObject({ truncateFrom: null, entries: [{ index: 3 }, { index: 4 }] });
    node.forget().receive('b', append(1, [0, 0], logOf(1, 1, 1, 1)));
    expect(node.all('write')).toEqual([]);
    expect(node.status.lastIndex).toBe(4);
  });

  test('Figure 2, AppendEntries 5: the commit index becomes the leader\'s, but no more than the last new entry', () => {
    const commitAfter = (leaderCommit: number): number => {
      const node = new DrivenNode('a', { entries: logOf(1, 1, 2, 2) });
      node.receive('b', append(3, [1, 1], [command(2, 1), command(3, 2)], leaderCommit));
      return node.status.commitIndex;
    };
    // Entry 4 was not compared with the leader's log.
    expect([0, 2, 3, 4, 99].map(commitAfter)).toEqual([0, 2, 3, 3, 3]);
  });
});

describe('Figure 2, RequestVote', () => {
  test('Figure 2, RequestVote, use: candidates send it, with their term and where their log ends', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 4) });
    node.timeout();
    expect(node.sends('voteRequest')).toEqual([]);
    node.grantPreVotes('b');
    expect(node.sends('voteRequest').map(({ to, message }) => [to, message.term, message.lastIndex, message.lastTerm])).toEqual([['b', 5, 2, 4], ['c', 5, 2, 4]]);
  });

  test('Figure 2, RequestVote, results: the answer carries the receiver\'s term, for the candidate to learn it, and yes or no', () => {
    const node = new DrivenNode('a', { term: 3 });
    node.receive('b', voteRequest(2));
    expect(node.lastSent('voteResponse', 'b')).toEqual({ type: 'voteResponse', term: 3, granted: false });
    node.receive('b', voteRequest(4));
    expect(node.lastSent('voteResponse', 'b')).toEqual({ type: 'voteResponse', term: 4, granted: true });
  });

  test('Figure 2, RequestVote 1: no, when its term is earlier than the receiver\'s', () => {
    const node = new DrivenNode('a', { term: 5 });
    expect(votes(node, 'b', voteRequest(4, 99, 4))).toBe(false);
    expect(votes(node, 'b', voteRequest(5, 99, 4))).toBe(true);
  });

  test('Figure 2, RequestVote 2: yes, when the vote is free or already this candidate\'s, and its log is at least as up-to-date', () => {
    const voter = (votedFor: string | null): DrivenNode => new DrivenNode('a', { term: 3, votedFor, entries: logOf(1, 2) });
    expect(votes(voter(null), 'b', voteRequest(3, 2, 2))).toBe(true);
    expect(votes(voter('b'), 'b', voteRequest(3, 2, 2))).toBe(true);
    expect(votes(voter('c'), 'b', voteRequest(3, 2, 2))).toBe(false);
    expect(votes(voter(null), 'b', voteRequest(3, 1, 1))).toBe(false);
    expect(votes(voter(null), 'b', voteRequest(3, 1, 2))).toBe(false);
  });
});

test('Figure 2, AppendEntries and RequestVote: neither is ever answered twice, nor left without an answer', () => {
  const node = new DrivenNode('a', { entries: logOf(1, 1), term: 3 });
  for (const message of [append(2, [0, 0]), append(3, [2, 1]), append(3, [9, 3]), append(3, [2, 1], [command(3, 3)], 3)]) {
    node.forget().receive('b', message);
    expect(node.all('send')).toHaveLength(1);
  }
  expect(applied(node)).toEqual([1, 2, 3]);
  node.now += 1000;
  for (const message of [voteRequest(2), voteRequest(3, 1, 1), voteRequest(4, 9, 3)]) {
    node.forget().receive('c', message);
    expect(node.all('send')).toHaveLength(1);
  }
});
