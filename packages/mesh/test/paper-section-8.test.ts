import { afterEach, describe, expect, test } from '@jest/globals';
import { connect } from '@raft-mesh/mesh';
import type { Worker } from '@raft-mesh/mesh';
import type { AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { Cluster, mesh } from './manager-cluster.ts';
import type { Node } from './manager-cluster.ts';

// What §8 of the Raft paper says of clients. The list of its sentences, and the tests for the rest, are in packages/raft/test/paper.

let running: Cluster | null = null;
async function cluster(): Promise<Cluster> {
  running = new Cluster();
  await running.start();
  return running;
}
afterEach(async () => {
  await running?.stop();
  running = null;
});

/** A worker that knows only these managers at first. */
async function workerAt(c: Cluster, nodes: readonly Node[], seed = 5): Promise<Worker> {
  const agent = `agent${seed}`;
  return until(c, connect({
    store: new MemoryWorkerStore(), dialer: c.network.dialer(agent), clock: c.clock, random: new SeededRandom(seed), agentKind: 'cli',
    join: { mesh, token: c.issuer.joinToken({ sub: agent as AgentId }), name: agent, managers: nodes.map(({ identity, url }) => ({ id: identity.manager, url })) },
  }));
}

async function until<Value>(c: Cluster, promise: Promise<Value>): Promise<Value> {
  let isSettled = false;
  void promise.then(() => { isSettled = true; }, () => { isSettled = true; });
  await c.clock.advanceUntil(() => isSettled, 60_000);
  return promise;
}

let readers = 0;
const totalAt = async (c: Cluster, node: Node): Promise<unknown> => {
  const name = `reader${readers += 1}`;
  const reader = c.client(node, name);
  await reader.join(name);
  reader.send({ type: 'query', request: 1, module: 'tally', query: 'total', arguments: null, stale: false });
  return (await reader.next('queryAnswer')).result;
};

describe('§8, clients', () => {
  test('§8 ¶2: whatever server a client has reached, its request ends up at the leader', async () => {
    const c = await cluster();
    // Ours forwards instead of refusing, so that a browser that reaches one manager only can still write.
    const client = c.client(c.follower);
    await client.join('ada');
    client.command(1, 'add', { by: 4 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 4 });
  });

  test('§8 ¶2: a client may begin with any server, and is told who leads', async () => {
    const c = await cluster();
    for (const [at, node] of c.nodes.entries()) {
      const worker = await workerAt(c, [node], 10 + at);
      expect(await until(c, worker.send('tally', 'add', { by: 1 }))).toMatchObject({ status: 'committed', answer: at + 1 });
      expect(worker.state).toMatchObject({ phase: 'connected', leader: c.leader?.identity.manager });
      await worker.close();
    }
  });

  test('§8 ¶2: when the leader dies, the client tries again with the others', async () => {
    const c = await cluster();
    const worker = await workerAt(c, c.nodes);
    const first = c.leader?.identity.manager;
    expect(await until(c, worker.send('tally', 'add', { by: 1 }))).toMatchObject({ answer: 1 });
    if (c.leader !== null) c.crash(c.leader);
    expect(await until(c, worker.send('tally', 'add', { by: 1 }))).toMatchObject({ status: 'committed', answer: 2 });
    expect(worker.state).toMatchObject({ phase: 'connected' });
    expect(c.leader?.identity.manager).not.toBe(first);
    await worker.close();
  });

  test('§8 ¶3: each operation seems to happen at once, exactly once, between its request and its answer', async () => {
    const c = await cluster();
    const writer = c.client(c.follower);
    await writer.join('ada');
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      writer.command(sequence, 'add', { by: 1 });
      expect(await writer.outcome(sequence)).toMatchObject({ status: 'committed', answer: sequence });
      // Who asks after the answer, whomever it asks, sees it.
      for (const node of c.nodes) expect(await totalAt(c, node)).toMatchObject({ status: 'answered', answer: sequence });
    }
  });

  test('§8 ¶3: a client numbers its commands, and no two of them alike', async () => {
    const c = await cluster();
    const worker = await workerAt(c, c.nodes);
    const results = await until(c, Promise.all([1, 2, 3].map((by) => worker.send('tally', 'add', { by }))));
    expect(results.map((result) => ('sequence' in result ? result.sequence : null))).toEqual([1, 2, 3]);
    await worker.close();
    const raw = c.client(c.follower);
    await raw.join('ada');
    raw.command(1, 'add', { by: 1 });
    await raw.outcome(1);
    raw.received.length = 0;
    raw.command(1, 'add', { by: 2 });
    expect(await raw.outcome(1)).toMatchObject({ status: 'refused', refusal: { code: 'sequenceReused' } });
  });

  test('§8 ¶3: the state machine keeps, for each client, which numbers it has seen and what it answered; one that comes again gets that answer and changes nothing', async () => {
    const c = await cluster();
    const client = c.client(c.follower);
    await client.join('ada');
    client.command(1, 'add', { by: 3 });
    const first = await client.outcome(1);
    client.command(2, 'add', { by: 4 });
    await client.outcome(2);
    client.received.length = 0;
    client.command(1, 'add', { by: 3 });
    expect(await client.outcome(1)).toEqual(first);
    // Another client's numbers are its own.
    const other = c.client(c.follower, 'other');
    await other.join('bob');
    other.command(1, 'add', { by: 3 });
    expect(await other.outcome(1)).toMatchObject({ status: 'committed', answer: 10 });
    expect(await totalAt(c, c.follower)).toMatchObject({ answer: 10 });
  });

  test('§8 ¶3: a command that was committed, but whose leader died before it answered, is not executed again when the client retries', async () => {
    const c = await cluster();
    const old = c.leader;
    if (old === null) throw new Error('nobody leads');
    const client = c.client(old);
    await client.join('ada');
    const before = old.manager.status().lastIndex;
    client.command(1, 'add', { by: 7 });
    await c.clock.advanceUntil(() => old.manager.status().lastIndex > before, 1000);
    client.link.close();
    await c.clock.advanceUntil(() => old.manager.status().commitIndex > before, 1000);
    c.crash(old);
    await c.untilLeader();
    expect(client.all('commandOutcome')).toEqual([]);
    const again = c.client(c.follower, 'client again');
    await again.resume('ada');
    again.command(1, 'add', { by: 7 });
    expect(await again.outcome(1)).toMatchObject({ status: 'committed', answer: 7 });
    expect(await totalAt(c, c.follower)).toMatchObject({ status: 'answered', answer: 7 });
  });
});
