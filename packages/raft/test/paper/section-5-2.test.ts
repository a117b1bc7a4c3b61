import { describe, expect, test } from '@jest/globals';
import { defaultRaftOptions } from '@raft-mesh/raft';
import { Cluster } from '../harness/cluster.ts';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { logOf } from '../harness/fixtures.ts';
import { candidate, five, grant, Group, restarted, votes, voteRequest } from './support.ts';

const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = defaultRaftOptions;
const leftMs = (node: DrivenNode): number => (node.node.deadlineMs ?? Infinity) - node.now;

describe('§5.2', () => {
  test('§5.2 ¶1: the lack of heartbeats is what starts an election', () => {
    const cluster = new Cluster(['a', 'b', 'c'], 61);
    cluster.runUntil('a leader', () => cluster.isConverged());
    const term = cluster.status('a')?.term ?? 0;
    cluster.run(5000);
    expect(cluster.status('a')?.term).toBe(term);
    cluster.crash(cluster.leader() ?? '');
    cluster.runUntil('another leader', () => cluster.leader() !== null, 2 * electionTimeoutMaxMs + 500);
    expect(cluster.status(cluster.leader() ?? '')?.term).toBeGreaterThan(term);
  });

  test('§5.2 ¶1: a server starts as follower, whatever it was before', () => {
    expect(new DrivenNode('a').status).toMatchObject({ role: 'follower', leader: null });
    expect(restarted(new DrivenNode('a').elect('b')).status).toMatchObject({ role: 'follower', leader: null, term: 1 });
    expect(restarted(candidate('a')).status.role).toBe('follower');
  });

  test('§5.2 ¶1: it stays follower as long as valid messages of a leader or a candidate come', () => {
    const messages = [() => append(1, [0, 0]), (turn: number) => voteRequest(turn)];
    for (const message of messages) {
      const node = new DrivenNode('a');
      for (let turn = 1; turn <= 50; turn++) {
        node.now += electionTimeoutMinMs - 1;
        node.receive('b', message(turn));
        node.give({ type: 'time' });
        expect(node.status.role).toBe('follower');
      }
    }
  });

  test('§5.2 ¶1: leaders send appends without entries to all followers, more often than any of them would give up', () => {
    const node = new DrivenNode('a').lead('b', 'c');
    const startMs = node.now;
    for (let beat = 1; beat <= 5; beat++) {
      node.forget().timeout();
      expect(node.sends('appendRequest').map(({ to, message }) => [to, message.entries])).toEqual([['b', []], ['c', []]]);
      for (const peer of ['b', 'c']) node.accept(peer, 1);
    }
    expect(node.now - startMs).toBeLessThanOrEqual(5 * heartbeatIntervalMs);
    expect(heartbeatIntervalMs * 3).toBeLessThan(electionTimeoutMinMs);
  });

  test('§5.2 ¶1: a follower that hears nothing for an election timeout begins an election', () => {
    const node = new DrivenNode('a');
    node.receive('b', append(1, [0, 0]));
    expect(leftMs(node)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    expect(leftMs(node)).toBeLessThanOrEqual(electionTimeoutMaxMs);
    node.timeout();
    node.grantPreVotes('c');
    expect(node.status).toMatchObject({ role: 'candidate', term: 2 });
  });

  test('§5.2 ¶2: to begin, a follower raises its term and becomes candidate', () => {
    const node = new DrivenNode('a', { term: 3 });
    node.timeout();
    // Ours: the term rises only once a majority would vote for it. One that is cut off keeps its term, and no election is missed by that.
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 3 });
    node.grantPreVotes('b');
    expect(node.status).toMatchObject({ role: 'candidate', term: 4 });
  });

  test('§5.2 ¶2: it votes for itself and asks all the others side by side', () => {
    const node = candidate('a', { voters: five }, 'b', 'c');
    const writeId = node.all('write').at(-1)?.writeId;
    expect(node.all('write').at(-1)?.hardState).toEqual({ term: 1, votedFor: 'a' });
    expect(node.sends('voteRequest').map(({ to, after }) => [to, after])).toEqual(['b', 'c', 'd', 'e'].map((to) => [to, writeId]));
  });

  test('§5.2 ¶2: it stays candidate until it wins, another leads, or time has passed without a winner', () => {
    const waiting = (): DrivenNode => {
      const node = candidate('a', { voters: five }, 'b', 'c');
      node.write();
      grant(node, 'b');
      node.wait(electionTimeoutMinMs - 1);
      expect(node.status).toMatchObject({ role: 'candidate', term: 1 });
      return node;
    };
    const winner = waiting();
    grant(winner, 'c');
    expect(winner.status.role).toBe('leader');
    const loser = waiting();
    loser.receive('e', append(1, [0, 0]));
    expect(loser.status).toMatchObject({ role: 'follower', leader: 'e' });
    const again = waiting();
    again.timeout();
    again.grantPreVotes('b', 'c');
    expect(again.status).toMatchObject({ role: 'candidate', term: 2 });
  });

  test('§5.2 ¶3: it wins with the votes of a majority of the whole cluster, all of the same term', () => {
    const node = candidate('a', { voters: five, term: 4 }, 'b', 'c');
    node.write();
    node.receive('b', { type: 'voteResponse', term: 4, granted: true });
    grant(node, 'c');
    expect(node.status.role).toBe('candidate');
    grant(node, 'c');
    expect(node.status.role).toBe('candidate');
    grant(node, 'd');
    expect(node.status).toMatchObject({ role: 'leader', term: 5 });
  });

  test('§5.2 ¶3: a server votes for at most one candidate a term, the one that comes first, also over a restart', () => {
    const node = new DrivenNode('a');
    expect(['b', 'c', 'b'].map((from) => votes(node, from, voteRequest(1)))).toEqual([true, false, true]);
    const later = restarted(node);
    expect(['c', 'b'].map((from) => votes(later, from, voteRequest(1)))).toEqual([false, true]);
    expect(votes(later, 'c', voteRequest(2))).toBe(true);
    // A candidate voted for itself, and has no other vote in that term when it has lost.
    const loser = candidate('a');
    loser.receive('b', append(1, [0, 0]));
    loser.now += 2 * electionTimeoutMaxMs;
    expect(votes(loser, 'c', voteRequest(1, 9, 1))).toBe(false);
  });

  test('§5.2 ¶3: so no term can have two winners', () => {
    const voters = ['c', 'd', 'e'].map((name) => new DrivenNode(name, { voters: five }));
    const tallyOf = (rival: string): number => 1 + voters.filter((voter) => votes(voter, rival, voteRequest(1))).length;
    expect([tallyOf('a'), tallyOf('b')]).toEqual([4, 1]);
  });

  test('§5.2 ¶3: the winner tells all others at once, so that nobody else begins an election', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a');
    expect(group.nodes.map(({ status }) => status.leader)).toEqual(['a', 'a', 'a']);
    for (const name of ['b', 'c']) expect(leftMs(group.node(name))).toBeGreaterThanOrEqual(electionTimeoutMinMs);
  });

  test('§5.2 ¶4: an append of the same or a later term makes a candidate follow its sender', () => {
    for (const term of [1, 2]) {
      const node = candidate('a');
      node.receive('c', append(term, [0, 0]));
      expect(node.status).toMatchObject({ role: 'follower', leader: 'c', term });
    }
  });

  test('§5.2 ¶4: an append of an earlier term is refused, and the candidate goes on', () => {
    const node = candidate('a', { term: 3 });
    node.receive('c', append(3, [0, 0], logOf(3)));
    expect(node.lastSent('appendRejected', 'c').term).toBe(4);
    expect(node.status).toMatchObject({ role: 'candidate', term: 4, lastIndex: 0 });
    node.write();
    grant(node, 'b');
    expect(node.status.role).toBe('leader');
  });

  test('§5.2 ¶5: when votes are split nobody wins, and each candidate times out and asks again in the next term', () => {
    const names = ['a', 'b', 'c', 'd'];
    const rivals = ['a', 'b'].map((name) => candidate(name, { voters: names }, 'c', 'd'));
    const [first, second] = rivals;
    first?.write();
    second?.write();
    if (first !== undefined) grant(first, 'c');
    if (second !== undefined) grant(second, 'd');
    expect(rivals.map(({ status }) => status.role)).toEqual(['candidate', 'candidate']);
    for (const rival of rivals) {
      rival.timeout();
      rival.grantPreVotes('c', 'd');
      expect(rival.status).toMatchObject({ role: 'candidate', term: 2 });
      expect(rival.sends('voteRequest', 'c').map(({ message }) => message.term)).toEqual([1, 2]);
    }
  });

  test('§5.2 ¶6: timeouts are drawn at random from a fixed interval', () => {
    const drawn = Array.from({ length: 300 }, (_, seed) => leftMs(new DrivenNode('a', { seed: seed + 1 })));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(electionTimeoutMaxMs);
    // Spread over the whole of it.
    expect(Math.min(...drawn)).toBeLessThan(electionTimeoutMinMs + 30);
    expect(Math.max(...drawn)).toBeGreaterThan(electionTimeoutMaxMs - 30);
    expect(new Set(drawn).size).toBeGreaterThan(100);
  });

  test('§5.2 ¶6: so mostly a single server times out, and wins before the others do', () => {
    const firstTerms = Array.from({ length: 30 }, (_, seed) => {
      const cluster = new Cluster(five, 100 + seed);
      cluster.runUntil('a leader', () => cluster.leader() !== null);
      return cluster.status(cluster.leader() ?? '')?.term;
    });
    expect(firstTerms.filter((term) => term === 1).length).toBeGreaterThan(24);
  });

  test('§5.2 ¶6: a candidate draws its timeout anew when its election starts, and waits for it before the next', () => {
    const node = candidate('a');
    const waits: number[] = [];
    for (let election = 0; election < 8; election++) {
      const { term } = node.status;
      node.write();
      waits.push(leftMs(node));
      node.now += leftMs(node) - 1;
      node.give({ type: 'time' });
      expect(node.status).toMatchObject({ role: 'candidate', term });
      node.wait(1);
      node.grantPreVotes('b');
      expect(node.status.term).toBe(term + 1);
      node.write();
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(electionTimeoutMinMs);
    expect(new Set(waits).size).toBeGreaterThan(4);
  });
});
