import { describe, expect, test } from '@jest/globals';
import { Cluster } from '../harness/cluster.ts';
import { append, DrivenNode } from '../harness/driven-node.ts';
import { command, logOf } from '../harness/fixtures.ts';
import { candidate, five, grant, Group, termsOf, voteRequest } from './support.ts';

/** A group that loses messages and members while it commits; the harness checks Figure 3 after every step and throws. */
function stormy(seed: number): Cluster {
  const cluster = new Cluster(five, seed, { heartbeatIntervalMs: 20, electionTimeoutMinMs: 60, electionTimeoutMaxMs: 140 });
  cluster.faults = { lossPercent: 10, duplicatePercent: 10, delayMaxMs: 8, writeMaxMs: 8 };
  for (let step = 0; step < 60; step++) {
    cluster.run(30);
    for (const name of five) cluster.propose(name);
    const victim = five[cluster.draw(5)] ?? 'a';
    if (step % 4 === 1) cluster.crash(victim);
    if (step % 4 === 3) for (const host of cluster.hosts.values()) if (host.node === null) cluster.start(host.id);
    if (step % 10 === 5) cluster.partition([cluster.leader() ?? victim], five);
    if (step % 10 === 9) cluster.blocked.clear();
    cluster.checkers.logsMatch(cluster.observedAll());
  }
  return cluster;
}

function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, position) => permutations(items.filter((_, other) => other !== position)).map((rest) => [item, ...rest]));
}

describe('Figure 3', () => {
  test('Figure 3, Election Safety: in one term at most one leader is elected, in whatever order the requests arrive', () => {
    // a and b campaign in the same term; c, d and e hear both, in every order of the six requests.
    const deliveries = permutations(['c', 'd', 'e'].flatMap((voter) => ['a', 'b'].map((rival) => [voter, rival] as const)));
    const winners = new Set<string>();
    for (const delivery of deliveries) {
      const rivals = { a: candidate('a', { voters: five }, 'd', 'e'), b: candidate('b', { voters: five }, 'd', 'e') };
      const voters = new Map(['c', 'd', 'e'].map((name) => [name, new DrivenNode(name, { voters: five })]));
      rivals.a.write();
      rivals.b.write();
      for (const [name, rival] of delivery) {
        const voter = voters.get(name);
        voter?.receive(rival, voteRequest(1));
        if (voter?.lastSent('voteResponse', rival).granted === true) grant(rivals[rival as 'a' | 'b'], name);
      }
      const leaders = Object.values(rivals).filter((node) => node.status.role === 'leader').map(({ status }) => status.id);
      expect(leaders).toHaveLength(1);
      for (const leader of leaders) winners.add(leader);
    }
    expect(winners.size).toBe(2);
  });

  test('Figure 3, Leader Append-Only: whatever reaches a leader, it drops and overwrites nothing of its own log', () => {
    const node = new DrivenNode('a', { entries: logOf(1, 2, 2), term: 2 }).elect('b');
    const before = node.forget().status.lastIndex;
    node.receive('b', append(1, [0, 0], logOf(1, 1)));
    node.receive('b', append(2, [1, 1], [command(2, 1)]));
    node.receive('c', { type: 'appendRejected', term: 3, previousIndex: 3, hintIndex: 0, hintTerm: 0, readContext: 0 });
    node.receive('c', voteRequest(3, 99, 2));
    node.propose('x', 'y');
    node.receive('c', { type: 'snapshotChunk', term: 2, snapshot: { lastIndex: 9, lastTerm: 2, logTimeMs: 0, configuration: node.status.configuration, sizeBytes: 0 }, offsetBytes: 0, data: new Uint8Array(), done: true });
    expect(node.status).toMatchObject({ role: 'leader', firstIndex: 1, lastIndex: before + 2 });
    expect(node.all('write').every(({ truncateFrom }) => truncateFrom === null)).toBe(true);
    // One that pretends to lead the same term is refused by stopping, not obeyed.
    node.receive('b', append(3, [1, 1], [command(2, 3)]));
    expect(node.all('stopped')).toHaveLength(1);
    expect(node.all('write').every(({ truncateFrom }) => truncateFrom === null)).toBe(true);
  });

  test('Figure 3, Log Matching: logs that agree in term at an index agree in everything up to there', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x');
    group.cut('a').elect('b').propose('b', 'y', 'z');
    group.node('a').propose('lost', 'lost');
    group.heal().elect('c').propose('c', 'w');
    group.cut('b').propose('c', 'v');
    const logs = ['a', 'b', 'c'].map((name) => group.log(name));
    const [left, , right] = logs;
    expect(left).toEqual(right);
    for (const one of logs) {
      for (const two of logs) {
        const agreed = one.findLastIndex((entry, position) => two[position]?.term === entry.term);
        expect(one.slice(0, agreed + 1)).toEqual(two.slice(0, agreed + 1));
      }
    }
    expect(termsOf(logs[1] ?? [])).toEqual(termsOf(logs[0] ?? []).slice(0, -1));
  });

  test('Figure 3, Leader Completeness: what is committed in a term is in the log of every leader after it', () => {
    // For each pair that committed while the third was cut off: the third cannot win, each of the two can, and has the entry.
    for (const [leader, helper, away] of permutations(['a', 'b', 'c'])) {
      if (leader === undefined || helper === undefined || away === undefined) continue;
      const group = new Group({ a: {}, b: {}, c: {} });
      group.elect(leader).cut(away).propose(leader, 'kept');
      const { commitIndex } = group.node(leader).status;
      expect(commitIndex).toBe(2);
      group.heal().cut(leader);
      expect(() => group.elect(away)).toThrow('not elected');
      group.elect(helper);
      expect(group.log(helper).slice(0, commitIndex)).toEqual(group.log(leader).slice(0, commitIndex));
    }
  });

  test('Figure 3, State Machine Safety: no two servers apply different entries at one index', () => {
    const group = new Group({ a: {}, b: {}, c: {} });
    group.elect('a').propose('a', 'x');
    group.cut('a');
    group.node('a').propose('never committed');
    group.elect('b').propose('b', 'y').heal().beat('b').elect('c').propose('c', 'z').beat('c');
    expect(group.applied('a').map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(group.applied('b')).toEqual(group.applied('a'));
    expect(group.applied('c')).toEqual(group.applied('a'));
  });

  test('Figure 3: all five hold through loss, crashes and partitions', () => {
    const clusters = [1, 2, 3, 4].map(stormy);
    // A storm in which nothing happens would show nothing.
    expect(clusters.reduce((sum, cluster) => sum + cluster.checkers.commitIndexMax, 0)).toBeGreaterThan(100);
    expect(Math.max(...clusters.map((cluster) => cluster.status(cluster.leader() ?? 'a')?.term ?? 0))).toBeGreaterThan(3);
  });
});
