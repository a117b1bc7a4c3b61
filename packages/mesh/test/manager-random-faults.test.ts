import { describe, expect, test } from '@jest/globals';
import { connect } from '@raft-mesh/mesh';
import type { Worker } from '@raft-mesh/mesh';
import type { AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { Cluster, mesh } from './manager-cluster.ts';
import type { Node } from './manager-cluster.ts';

async function join(c: Cluster, agent: string): Promise<Worker> {
  const connecting = connect({
    store: new MemoryWorkerStore(), dialer: c.network.dialer(agent), clock: c.clock, random: new SeededRandom(agent.length), agentKind: 'cli',
    join: { mesh, token: c.issuer.joinToken({ sub: agent as AgentId }), name: agent, managers: c.nodes.map((node) => ({ id: node.identity.manager, url: node.url })) },
  });
  let isJoined = false;
  connecting.then(() => { isJoined = true; }, () => { isJoined = true; });
  await c.clock.advanceUntil(() => isJoined, 30_000);
  return connecting;
}

/** One fault, or the end of one. Disks lose what was not flushed; links are cut, broken or healed; processes die and come back. */
async function disturb(c: Cluster, random: SeededRandom): Promise<void> {
  const pick = <Item>(items: readonly Item[]): Item => items.at(random.integerBelow(items.length))!;
  const node: Node = pick(c.nodes);
  switch (random.integerBelow(7)) {
    case 0: case 1: if (node.up) c.crash(node); return;
    case 2: case 3: if (!node.up) await c.startNode(node); return;
    case 4: c.network.breakLinks(node.url, pick(c.nodes).url); return;
    case 5: c.network.cut(node.url, pick([...c.nodes.map(({ url }) => url), 'ada', 'bob'])); return;
    default: c.network.heal();
  }
}

describe('whatever fails and comes back', () => {
  test.each([11, 12, 13, 14, 15, 16])('every command is applied once, and all managers hold the same (seed %d)', async (seed) => {
    const random = new SeededRandom(seed);
    const c = new Cluster({ seed, flushMs: 2, tuning: { snapshotLogBytes: 6_000, snapshotKeepEntries: 3 } });
    await c.start();
    const workers = [await join(c, 'ada'), await join(c, 'bob')];
    const answers: number[] = [];
    let sent = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const worker of workers) {
        sent += 1;
        void worker.send('tally', 'add', { by: 1, padding: 'x'.repeat(60) }).then((result) => { answers.push(result.status === 'committed' ? Number(result.answer) : Number.NaN); });
      }
      await c.clock.advance(random.integerBelow(150));
      await disturb(c, random);
    }
    c.network.heal();
    for (const node of c.nodes) if (!node.up) await c.startNode(node);
    await c.untilLeader();
    await c.clock.advanceUntil(() => answers.length === sent, 60_000);
    // Each addition answers the total after it: exactly once each, none lost, none twice.
    expect(answers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, at) => at + 1));
    await c.untilSame();
    expect(new Set(c.up.map((node) => node.manager.status().stateDigest)).size).toBe(1);
    expect(c.nodes.flatMap((node) => node.stopped)).toEqual([]);
    for (const worker of workers) void worker.close();
    await c.stop();
  });
});
