import { describe, expect, test } from '@jest/globals';
import type { ElectionPriority, RaftOptions } from '@raft-mesh/raft';
import { Cluster } from './harness/cluster.ts';
import { append, DrivenNode } from './harness/driven-node.ts';
import { id } from './harness/fixtures.ts';

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

/** The waits until a follower campaigns, over many seeds. */
function waitsOf(electionPriority: ElectionPriority, before: (node: DrivenNode) => void = () => {}): readonly number[] {
  return seeds.map((seed) => {
    const node = new DrivenNode('a', { seed, options: { electionPriority } });
    before(node);
    return (node.node.deadlineMs ?? Infinity) - node.now;
  });
}

function group(seed: number, priorities: Readonly<Record<string, ElectionPriority>>): Cluster {
  return new Cluster(['a', 'b', 'c'], seed, (name): Partial<RaftOptions> => ({ electionPriority: priorities[name] ?? 'normal' }));
}

/** Who leads after the first election, and after its winner has died silently. */
function leadersOf(seed: number, priorities: Readonly<Record<string, ElectionPriority>>, linkLost: boolean): readonly string[] {
  const cluster = group(seed, priorities);
  cluster.runUntil('a leader', () => cluster.isConverged());
  const first = cluster.leader() ?? '';
  // The log is the same everywhere; hand over to c and let it die.
  cluster.transfer(first, 'c');
  cluster.runUntil('c leads', () => cluster.leader() === 'c' && cluster.isConverged());
  cluster.run(cluster.draw(200));
  cluster.crash('c');
  if (linkLost) for (const name of ['a', 'b']) cluster.give(name, { type: 'linkLost', peer: id('c') });
  cluster.runUntil('another leader', () => cluster.leader() !== null, 3000);
  return [first, cluster.leader() ?? ''];
}

describe('election priority', () => {
  test('draws the wait before a campaign: first, anywhere, or after all others', () => {
    const [preferred, normal, reluctant] = [waitsOf('preferred'), waitsOf('normal'), waitsOf('reluctant')];
    expect(Math.min(...preferred)).toBeGreaterThanOrEqual(300);
    expect(Math.max(...preferred)).toBeLessThanOrEqual(338);
    expect(Math.min(...normal)).toBeGreaterThanOrEqual(300);
    expect(Math.max(...normal)).toBeGreaterThan(560);
    expect(Math.max(...normal)).toBeLessThanOrEqual(600);
    expect(Math.min(...reluctant)).toBeGreaterThan(600);
    expect(Math.max(...reluctant)).toBeLessThanOrEqual(901);
    for (const waits of [preferred, normal, reluctant]) expect(new Set(waits).size).toBeGreaterThan(20);
  });

  test('also when the link to the leader is lost', () => {
    const lost = (node: DrivenNode): void => {
      node.receive('b', append(1, [0, 0]));
      node.give({ type: 'linkLost', peer: id('b') });
    };
    expect(Math.max(...waitsOf('preferred', lost))).toBeLessThanOrEqual(2);
    expect(Math.max(...waitsOf('normal', lost))).toBe(10);
    expect(Math.min(...waitsOf('reluctant', lost))).toBe(11);
    expect(Math.max(...waitsOf('reluctant', lost))).toBeLessThanOrEqual(21);
  });

  test.each([false, true])('with equal logs the preferred one nearly always leads (link known to be lost: %s)', (linkLost) => {
    const leaders = seeds.slice(0, 100).flatMap((seed) => leadersOf(seed, { a: 'preferred' }, linkLost));
    expect(leaders.filter((leader) => leader === 'a').length).toBeGreaterThanOrEqual(160);
  });

  test.each([false, true])('with equal logs the reluctant one hardly ever leads (link known to be lost: %s)', (linkLost) => {
    const leaders = seeds.slice(0, 100).flatMap((seed) => leadersOf(seed, { a: 'reluctant' }, linkLost));
    expect(leaders.filter((leader) => leader === 'a').length).toBeLessThanOrEqual(10);
  });

  test('a reluctant one leads when it alone has the whole log', () => {
    for (const seed of seeds.slice(0, 50)) {
      const cluster = group(seed, { a: 'reluctant', b: 'preferred' });
      cluster.runUntil('a leader', () => cluster.isConverged());
      cluster.transfer(cluster.leader() ?? '', 'c');
      cluster.runUntil('c leads', () => cluster.leader() === 'c' && cluster.isConverged());
      cluster.partition(['b'], ['a', 'c']);
      cluster.propose('c');
      cluster.runUntil('a has it', () => cluster.status('a')?.commitIndex === cluster.status('c')?.lastIndex);
      cluster.blocked.clear();
      cluster.crash('c');
      cluster.runUntil('a leads', () => cluster.leader() === 'a', 5000);
    }
  });

  test('all reluctant, or all preferred: a group still elects in a bounded time', () => {
    for (const priority of ['reluctant', 'preferred'] as const) {
      for (const seed of seeds.slice(0, 100)) {
        const cluster = group(seed, { a: priority, b: priority, c: priority });
        cluster.runUntil('a leader', () => cluster.isConverged(), 4000);
        cluster.crash(cluster.leader() ?? '');
        cluster.runUntil('another', () => cluster.leader() !== null, 4000);
      }
    }
  });

  test('a reluctant one leads alone, and takes leadership that is handed over', () => {
    const alone = new DrivenNode('a', { voters: ['a'], options: { electionPriority: 'reluctant' } }).lead();
    expect(alone.status.role).toBe('leader');
    const node = new DrivenNode('a', { options: { electionPriority: 'reluctant' } });
    node.receive('b', append(1, [0, 0]));
    node.write();
    node.receive('b', { type: 'timeoutNow', term: 1, lastIndex: 0, lastTerm: 0 });
    expect(node.status.role).toBe('candidate');
  });
});
