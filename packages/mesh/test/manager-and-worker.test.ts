import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect } from '@raft-mesh/mesh';
import type { View, Worker } from '@raft-mesh/mesh';
import type { AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { Cluster, mesh } from './manager-cluster.ts';

let c: Cluster;
let worker: Worker | null = null;
beforeEach(async () => {
  c = new Cluster();
  await c.start();
});
afterEach(async () => {
  await worker?.close();
  worker = null;
  await c.stop();
});

async function join(store: MemoryWorkerStore): Promise<Worker> {
  const connecting = connect({
    store, dialer: c.network.dialer('worker'), clock: c.clock, random: new SeededRandom(5), agentKind: 'cli',
    join: { mesh, token: c.issuer.joinToken({ sub: 'ada' as AgentId }), name: 'Ada', managers: c.nodes.map((node) => ({ id: node.identity.manager, url: node.url })) },
  });
  let joined: Worker | null = null;
  connecting.then((connected) => { joined = connected; }, () => {});
  await c.clock.advanceUntil(() => joined !== null, 20_000);
  return connecting;
}

test('a worker and three managers: every command once, through the death of each leader in turn', async () => {
  worker = await join(new MemoryWorkerStore());
  const views: View[] = [];
  worker.watch('tally', null, (view) => { views.push(view); });
  const answers: unknown[] = [];
  for (let round = 0; round < 6; round += 1) {
    for (let command = 0; command < 10; command += 1) {
      void worker.send('tally', 'add', { by: 1 }).then((result) => answers.push(result.status === 'committed' ? result.answer : result));
    }
    const victim = c.leader!;
    await c.clock.advance(round);
    c.crash(victim);
    await c.clock.advanceUntil(() => answers.length === (round + 1) * 10, 60_000);
    await c.startNode(victim);
    await c.untilLeader();
  }
  expect(answers).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  await c.clock.advanceUntil(() => (views.at(-1)?.value as { readonly total: number } | undefined)?.total === 60, 20_000);
  expect(views.map((view) => view.version)).toEqual(views.map((view) => view.version).toSorted((a, b) => a - b));
});
