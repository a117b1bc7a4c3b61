import { afterEach, expect, test } from '@jest/globals';
import { Cluster } from './manager-cluster.ts';
import type { Node, RawClient } from './manager-cluster.ts';

let running: Cluster | null = null;
async function cluster(options: { readonly noticesEnds?: boolean } = {}): Promise<Cluster> {
  running = new Cluster({ ...options, tuning: { agentSuspectAfterMs: 2_000, agentDeadAfterMs: 10_000 } });
  await running.start();
  return running;
}
afterEach(async () => {
  await running?.stop();
  running = null;
});

const rests = (c: Cluster): boolean => c.up.every((node) => node.manager.status().quiescent);
const untilRest = (c: Cluster): Promise<void> => c.clock.advanceUntil(() => rests(c), 30_000);
const sentBy = (node: Node): number => node.manager.status().managers.reduce((sum, { messagesSent }) => sum + messagesSent, 0);

/** Beats as a worker does, for so long. */
async function beat(c: Cluster, clients: readonly RawClient[], durationMs: number): Promise<void> {
  const untilMs = c.clock.nowMs() + durationMs;
  for (let number = 1; c.clock.nowMs() < untilMs; number += 1) {
    for (const client of clients) client.send({ type: 'heartbeat', beat: number });
    await c.clock.advance(500);
  }
}

test('a mesh with nothing to do rests: at most one message a second each way, nothing appended', async () => {
  const c = await cluster();
  await untilRest(c);
  const before = c.up.map((node) => ({ node, sent: sentBy(node), lastIndex: node.manager.status().lastIndex }));
  await c.clock.advance(20_000);
  for (const { node, sent, lastIndex } of before) {
    // Two others, twenty seconds.
    expect(sentBy(node) - sent).toBeGreaterThanOrEqual(2 * 19);
    expect(sentBy(node) - sent).toBeLessThanOrEqual(2 * 20);
    expect(node.manager.status()).toMatchObject({ lastIndex, quiescent: true });
  }
});

test('over links that notice by themselves when their other end is gone, a mesh at rest says nothing at all, and shows all the same who lives', async () => {
  const c = await cluster({ noticesEnds: true });
  await untilRest(c);
  // What was on its way.
  await c.clock.advance(1_000);
  const before = c.up.map(sentBy);
  await c.clock.advance(20_000);
  expect(c.up.map(sentBy)).toEqual(before);
  for (const node of c.up) for (const { lastContactMs } of node.manager.status().managers) expect(lastContactMs).toBeLessThanOrEqual(1_000);
});

test.each([[false], [true]])('workers do not disturb the rest, and time goes on for them at followers too (links notice their end: %s)', async (noticesEnds) => {
  const c = await cluster({ noticesEnds });
  const clients: RawClient[] = [];
  for (const [number, node] of c.up.entries()) {
    const client = c.client(node, `client ${number}`);
    await client.join(`agent${number}`);
    clients.push(client);
  }
  await beat(c, clients, 8_000);
  expect(rests(c)).toBe(true);
  const { lastIndex } = c.leader!.manager.status();
  const told = () => clients.map((client) => client.all('heartbeatAck').at(-1)!.logTimeMs);
  const [before, startedAtMs] = [told(), c.clock.nowMs()];
  await beat(c, clients, 10_000);
  const elapsedMs = c.clock.nowMs() - startedAtMs;
  told().forEach((logTimeMs, at) => expect(Math.abs(logTimeMs - before[at]! - elapsedMs)).toBeLessThan(100));
  expect(rests(c)).toBe(true);
  expect(c.leader!.manager.status().lastIndex).toBe(lastIndex);
  expect(c.leader!.manager.status().agents.map(({ status }) => status)).toEqual(['alive', 'alive', 'alive']);
  // Who falls silent is noticed all the same.
  await beat(c, clients.slice(1), 4_000);
  expect(c.leader!.manager.status().agents.map(({ status }) => status).toSorted()).toEqual(['alive', 'alive', 'suspect']);
  await beat(c, clients.slice(1), 12_000);
  expect(c.leader!.manager.status().agents.map(({ status }) => status).toSorted()).toEqual(['alive', 'alive', 'dead']);
});

test('a deadline that comes near ends the rest, and so does a command, at once', async () => {
  const c = await cluster();
  const client = c.client(c.follower);
  await client.join('ada');
  // Ten minutes before it, time begins to be written down.
  client.command(1, 'setAlarm', { inMs: 11 * 60_000 });
  await client.outcome(1);
  await untilRest(c);
  const { lastIndex } = c.leader!.manager.status();
  await beat(c, [client], 40_000);
  expect(c.leader!.manager.status()).toMatchObject({ lastIndex, quiescent: true });
  await beat(c, [client], 25_000);
  expect(rests(c)).toBe(false);
  expect(c.leader!.manager.status().lastIndex).toBeGreaterThan(lastIndex + 5);

  const other = await cluster();
  const sender = other.client(other.follower);
  await sender.join('ada');
  await untilRest(other);
  const startedAtMs = other.clock.nowMs();
  sender.command(1, 'add', { by: 3 });
  expect(await sender.outcome(1)).toMatchObject({ answer: 3 });
  expect(other.clock.nowMs() - startedAtMs).toBeLessThan(100);
});

test('a leader that dies at rest is replaced as fast as any', async () => {
  const c = await cluster();
  await untilRest(c);
  const startedAtMs = c.clock.nowMs();
  c.crash(c.leader!);
  await c.untilLeader();
  expect(c.clock.nowMs() - startedAtMs).toBeLessThan(1_000);
});

test('a leader that vanishes at rest without a trace is missed after two pings', async () => {
  const c = await cluster();
  await untilRest(c);
  const old = c.leader!;
  const others = c.up.filter((node) => node !== old);
  c.network.isolate(old.url, others.map(({ url }) => url));
  const startedAtMs = c.clock.nowMs();
  await c.clock.advanceUntil(() => others.some((node) => node.manager.status().role === 'leader'), 10_000);
  expect(c.clock.nowMs() - startedAtMs).toBeLessThan(5_500);
  // It does not go on as if it led.
  await c.clock.advanceUntil(() => old.manager.status().role !== 'leader', 5_000);
});
