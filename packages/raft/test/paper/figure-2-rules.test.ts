import { describe, expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { bytes, command, logOf } from '../harness/fixtures.ts';
import { applied, candidate, five, grant, reject, votes, voteRequest } from './support.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs } = defaultRaftOptions;
const leftMs = (node: DrivenNode): number => (node.node.deadlineMs ?? Infinity) - node.now;

describe('Figure 2, Rules, all servers', () => {
  test('Figure 2, Rules, all 1: whatever is committed and not yet applied is applied, one after the other', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1, 1) });
    node.receive('b', append(1, [4, 1], [], 2));
    expect(applied(node)).toEqual([1, 2]);
    node.receive('b', append(1, [4, 1], [command(5, 1)], 5));
    expect(applied(node)).toEqual([1, 2, 3, 4, 5]);
  });

  test('Figure 2, Rules, all 2: a request or an answer of a later term makes that term the own, and the node a follower', () => {
    const roles: readonly (() => DrivenNode)[] = [() => new DrivenNode('a'), () => candidate('a'), () => new DrivenNode('a').lead('b', 'c')];
    const messages = [
      append(9, [0, 0]),
      { type: 'appendRejected', term: 9, previousIndex: 1, hintIndex: 0, hintTerm: 0, readContext: 0 },
      { type: 'appendAccepted', term: 9, matchIndex: 0, readContext: 0 },
      { type: 'voteResponse', term: 9, granted: false },
      { type: 'snapshotChunkResponse', term: 9, lastIndex: 1, nextOffsetBytes: 0, installed: false },
    ] as const;
    for (const role of roles) {
      for (const message of messages) {
        const node = role();
        node.receive('b', message);
        expect(node.status).toMatchObject({ role: 'follower', term: 9 });
      }
    }
    // Requests for votes are the exception that §6 makes: who hears a leader, or leads, takes no term from them.
    const voter = new DrivenNode('a');
    voter.receive('b', voteRequest(9));
    expect(voter.status.term).toBe(9);
    const leader = new DrivenNode('a').lead('b', 'c');
    leader.receive('b', voteRequest(9));
    expect(leader.status).toMatchObject({ role: 'leader', term: 1 });
  });
});

describe('Figure 2, Rules, followers', () => {
  test('Figure 2, Rules, followers 1: a follower answers candidates and leaders', () => {
    const node = new DrivenNode('a');
    node.receive('b', voteRequest(1));
    node.receive('b', append(1, [0, 0]));
    expect(node.all('send').map(({ to, message }) => [to, message.type])).toEqual([['b', 'voteResponse'], ['b', 'appendAccepted']]);
  });

  test('Figure 2, Rules, followers 2: one that neither hears the leader nor gives a vote for an election timeout campaigns', () => {
    const node = new DrivenNode('a');
    expect(leftMs(node)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    expect(leftMs(node)).toBeLessThanOrEqual(electionTimeoutMaxMs);
    node.now = (node.node.deadlineMs ?? 0) - 1;
    node.give({ type: 'time' });
    expect(node.status.role).toBe('follower');
    node.wait(1);
    // Ours: it asks first whether it could win (pre-vote), so that one nobody votes for does not raise terms. It campaigns when a majority says yes.
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 0 });
    node.grantPreVotes('c');
    expect(node.status).toMatchObject({ role: 'candidate', term: 1 });
    const putOff: readonly ((node: DrivenNode) => void)[] = [(waiting) => waiting.receive('b', append(1, [0, 0])), (waiting) => waiting.receive('b', voteRequest(1))];
    for (const hear of putOff) {
      const patient = new DrivenNode('a');
      patient.now = (patient.node.deadlineMs ?? 0) - 1;
      hear(patient);
      expect(leftMs(patient)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    }
    // A leader of the past, or a vote refused, is no reason to wait.
    const impatient = new DrivenNode('a', { term: 5, votedFor: 'c' });
    const deadlineMs = impatient.node.deadlineMs;
    impatient.now = (deadlineMs ?? 0) - 1;
    impatient.receive('b', append(4, [0, 0]));
    impatient.receive('b', voteRequest(5));
    expect(impatient.node.deadlineMs).toBe(deadlineMs);
  });
});

describe('Figure 2, Rules, candidates', () => {
  test('Figure 2, Rules, candidates 1a: an election begins with the next term', () => {
    expect(candidate('a', { term: 6 }).status.term).toBe(7);
  });

  test('Figure 2, Rules, candidates 1b: and with the own vote', () => {
    const node = new DrivenNode('a', { term: 5 });
    node.receive('c', append(6, [0, 0]));
    const earlier = node.all('write')[0]?.writeId ?? 0;
    node.timeout();
    node.grantPreVotes('b');
    expect(node.all('write').at(-1)?.hardState).toEqual({ term: 7, votedFor: 'a' });
    expect(votes(node, 'c', voteRequest(7, 99, 6))).toBe(false);
    // Ours: it counts from when it is durable, so that a crash cannot give it away a second time.
    grant(node, 'b');
    node.give({ type: 'written', writeId: earlier });
    expect(node.status.role).toBe('candidate');
    node.write();
    expect(node.status.role).toBe('leader');
  });

  test('Figure 2, Rules, candidates 1c: and with a new election timeout', () => {
    const node = new DrivenNode('a');
    node.timeout();
    node.now = (node.node.deadlineMs ?? 0) - 1;
    node.grantPreVotes('b');
    expect(leftMs(node)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    expect(leftMs(node)).toBeLessThanOrEqual(electionTimeoutMaxMs);
  });

  test('Figure 2, Rules, candidates 1d: and with requests for votes to all other servers', () => {
    expect(candidate('a', { voters: five }, 'b', 'c').sends('voteRequest').map(({ to }) => to)).toEqual(['b', 'c', 'd', 'e']);
  });

  test('Figure 2, Rules, candidates 2: votes of a majority of the servers make it leader', () => {
    const node = candidate('a', { voters: five }, 'b', 'c');
    node.write();
    grant(node, 'b', 'b', 'z');
    expect(node.status.role).toBe('candidate');
    grant(node, 'e');
    expect(node.status).toMatchObject({ role: 'leader', leader: 'a' });
  });

  test('Figure 2, Rules, candidates 3: an append of the new leader makes it a follower', () => {
    const node = candidate('a');
    node.receive('c', append(1, [0, 0]));
    expect(node.status).toMatchObject({ role: 'follower', term: 1, leader: 'c' });
  });

  test('Figure 2, Rules, candidates 4: when the timeout passes without a winner it begins another election', () => {
    const node = candidate('a');
    node.write();
    node.forget().timeout();
    // Ours: the pre-vote goes before this one too.
    node.grantPreVotes('b');
    expect(node.status).toMatchObject({ role: 'candidate', term: 2 });
    expect(node.sends('voteRequest').map(({ to, message }) => [to, message.term])).toEqual([['b', 2], ['c', 2]]);
  });
});

describe('Figure 2, Rules, leaders', () => {
  test('Figure 2, Rules, leaders 1: it speaks to everybody at once when elected, and again and again while nothing happens', () => {
    const node = new DrivenNode('a').elect('b');
    // Ours: the first append is not empty but brings the no-op of §8, which does the same.
    expect(node.sends('appendRequest').map(({ to, message }) => [to, message.term])).toEqual([['b', 1], ['c', 1]]);
    node.write();
    const follower = new DrivenNode('b');
    for (let beat = 0; beat < 40; beat++) {
      node.forget().timeout();
      expect(node.sends('appendRequest').map(({ to }) => to)).toEqual(['b', 'c']);
      follower.now = node.now;
      follower.give({ type: 'time' });
      expect(follower.status.role).toBe('follower');
      for (const { message } of node.sends('appendRequest', 'b')) {
        for (const answer of follower.receive('a', message)) if (answer.type === 'send') node.receive('b', answer.message);
      }
    }
  });

  test('Figure 2, Rules, leaders 2: a command is appended to the own log, and answered for only once it is applied', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    node.propose('x');
    expect(node.all('write')[0]?.entries).toMatchObject([{ index: 2, term: 1, data: bytes('x') }]);
    node.write();
    // `proposalAccepted` says only where it stands. The layer above answers the client from `apply` (§8).
    expect(node.all('apply')).toEqual([]);
    node.accept('b', 2);
    expect(applied(node)).toEqual([2]);
  });

  test('Figure 2, Rules, leaders 3: a peer that lacks entries is sent them from its nextIndex on', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) }).elect('b');
    reject(node, 'b', 3, 1, 1);
    expect(node.lastSent('appendRequest', 'b')).toMatchObject({ previousIndex: 1, entries: [{ index: 2 }, { index: 3 }, { index: 4 }] });
  });

  test('Figure 2, Rules, leaders 3a: when they arrived, nextIndex and matchIndex go forward', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) }).elect('b');
    node.accept('b', 4);
    expect(node.status.peers[0]).toMatchObject({ matchIndex: 4, nextIndex: 5 });
  });

  test('Figure 2, Rules, leaders 3b: when the logs differ there, nextIndex goes back, and it tries again', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 1, 1) }).elect('b');
    node.forget();
    reject(node, 'b', 3, 2, 1);
    expect(node.status.peers[0]).toMatchObject({ matchIndex: 0, nextIndex: 3 });
    expect(node.lastSent('appendRequest', 'b').previousIndex).toBe(2);
    // A refusal of a term that is over moves nothing.
    node.receive('c', { type: 'appendRejected', term: 1, previousIndex: 3, hintIndex: 0, hintTerm: 0, readContext: 0 });
    expect(node.status.peers[1]?.nextIndex).toBe(4);
  });

  test('Figure 2, Rules, leaders 4: an entry that a majority holds and that is of the current term is committed', () => {
    const node = new DrivenNode('a', { voters: five, entries: logOf(1, 1) }).elect('b', 'c');
    node.write();
    node.accept('b', 3);
    expect(node.status.commitIndex).toBe(0);
    node.accept('c', 2);
    node.accept('d', 2);
    // A majority holds entry 2, which is of term 1.
    expect(node.status.commitIndex).toBe(0);
    node.accept('d', 3);
    expect(node.status.commitIndex).toBe(3);
  });
});
