import { afterEach, describe, expect, test } from '@jest/globals';
import { Cluster } from './manager-cluster.ts';
import type { ClusterOptions } from './manager-cluster.ts';

let running: Cluster | null = null;
async function cluster(options: ClusterOptions = {}): Promise<Cluster> {
  running = new Cluster(options);
  await running.start();
  return running;
}
afterEach(async () => {
  await running?.stop();
  running = null;
});

describe('when the leader dies', () => {
  test('the others go on, and what was open at a follower is answered exactly once', async () => {
    const c = await cluster();
    const leader = c.leader!;
    const client = c.client(c.follower);
    await client.join('ada');
    for (let sequence = 1; sequence <= 20; sequence += 1) client.command(sequence, 'add', { by: 1 });
    await c.clock.advance(3);
    c.crash(leader);
    for (let sequence = 21; sequence <= 40; sequence += 1) client.command(sequence, 'add', { by: 1 });
    await client.outcome(40);
    expect(client.all('commandOutcome').map((message) => [message.sequence, message.outcome])).toEqual(
      Array.from({ length: 40 }, (_, at) => [at + 1, expect.objectContaining({ status: 'committed', answer: at + 1 })]),
    );
    expect(client.all('leaderChanged').at(-1)?.leader).not.toBe(leader.identity.manager);
  });

  test('the redial tells the others at once: there is a new leader long before the election timeout', async () => {
    const c = await cluster();
    const leader = c.leader!;
    await c.clock.advance(1_000);
    const killedAtMs = c.clock.nowMs();
    c.crash(leader);
    await c.untilLeader();
    expect(c.clock.nowMs() - killedAtMs).toBeLessThan(150);
  });

  test('53. a worker that lost its manager sends the same commands elsewhere and they are not applied twice', async () => {
    const c = await cluster();
    const leader = c.leader!;
    const before = c.client(leader, 'worker');
    await before.join('ada');
    for (let sequence = 1; sequence <= 10; sequence += 1) before.command(sequence, 'add', { by: 1 });
    await before.outcome(10);
    c.crash(leader);
    const after = c.client(c.up.at(0)!, 'worker');
    await after.resume('ada');
    for (let sequence = 6; sequence <= 12; sequence += 1) after.command(sequence, 'add', { by: 1 }, 5);
    expect(await after.outcome(12)).toMatchObject({ answer: 12 });
    expect(await after.outcome(6)).toEqual(await before.outcome(6));
  });

  test('it comes back from its disk and catches up', async () => {
    const c = await cluster();
    const leader = c.leader!;
    const client = c.client(c.follower);
    await client.join('ada');
    client.command(1, 'add', { by: 1 });
    await client.outcome(1);
    c.crash(leader);
    client.command(2, 'add', { by: 1 });
    await client.outcome(2);
    await c.startNode(leader);
    await c.untilLeader();
    await c.untilSame();
    expect(new Set(c.up.map((node) => node.manager.status().stateDigest)).size).toBe(1);
  });

  test('a clean stop is told to the others, who elect at once', async () => {
    const c = await cluster();
    await c.clock.advance(1_000);
    const stoppedAtMs = c.clock.nowMs();
    const client = c.client(c.leader!);
    await client.join('ada');
    await c.stopNode(c.leader!);
    expect(await client.endCode()).toBe('stopping');
    await c.untilLeader();
    expect(c.clock.nowMs() - stoppedAtMs).toBeLessThan(200);
  });
});

describe('without a majority', () => {
  test('a command is not refused for good but sent back, and is taken once there is a leader again', async () => {
    const c = await cluster();
    const [first, second] = [c.leader!, c.follower];
    const alone = c.up.find((node) => node !== first && node !== second)!;
    const client = c.client(alone);
    await client.join('ada');
    c.crash(first);
    c.crash(second);
    client.command(1, 'add', { by: 3 });
    const retry = await client.next('commandRetry');
    expect(retry).toMatchObject({ sequence: 1, refusal: { code: 'noLeader' } });
    client.send({ type: 'query', request: 1, module: 'tally', query: 'total', arguments: null, stale: false });
    expect((await client.next('queryAnswer')).result).toMatchObject({ status: 'refused', refusal: { code: 'noLeader' } });
    client.send({ type: 'query', request: 2, module: 'tally', query: 'total', arguments: null, stale: true });
    expect((await client.next('queryAnswer', (message) => message.request === 2)).result).toMatchObject({ status: 'answered', answer: 0 });
    await c.startNode(first);
    await c.untilLeader();
    client.command(1, 'add', { by: 3 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 3 });
  });

  test('a partitioned leader answers nothing that the others do not know', async () => {
    const c = await cluster();
    const old = c.leader!;
    const client = c.client(old);
    await client.join('ada');
    c.network.isolate(old.url, c.nodes.map((node) => node.url));
    client.command(1, 'add', { by: 1 });
    await c.clock.advanceUntil(() => c.up.some((node) => node !== old && node.manager.status().role === 'leader'), 20_000);
    expect(client.all('commandOutcome')).toEqual([]);
    c.network.heal();
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 1 });
    await c.untilSame();
    expect(c.up.map((node) => node.manager.status().stateDigest)).toEqual(Array.from({ length: 3 }, () => old.manager.status().stateDigest));
  });
});

describe('a failed flush', () => {
  test('stops that manager for good, and only that one', async () => {
    const c = await cluster();
    const leader = c.leader!;
    const client = c.client(c.follower);
    await client.join('ada');
    leader.store.write = () => Promise.reject(new Error('disk full'));
    client.command(1, 'add', { by: 4 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 4 });
    expect(leader.stopped).toEqual([expect.stringContaining('disk full')]);
  });
});

describe('after a crash of all managers', () => {
  test('everything acknowledged is there, and a countdown goes on with the time left that it had', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    client.command(1, 'add', { by: 7 });
    client.command(2, 'setAlarm', { inMs: 60_000 });
    const set = await client.outcome(2);
    const alarmAtMs = set.status === 'committed' ? set.answer : null;
    await c.clock.advance(40_000);
    const logTimeMs = c.leader!.manager.status().logTimeMs;
    for (const node of c.up) c.crash(node);
    await c.clock.advance(3_600_000);
    const restartedAtMs = c.clock.nowMs();
    await c.start();
    const later = c.client(c.leader!);
    await later.resume('ada');
    later.send({ type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: 0 });
    expect((await later.next('viewWhole')).value).toEqual({ total: 7, rang: 0, alarmAtMs, mine: null });
    expect(c.leader!.manager.status().logTimeMs).toBeLessThan(logTimeMs + (c.clock.nowMs() - restartedAtMs) + 50);
    expect(c.leader!.manager.status().logTimeMs).toBeGreaterThan(logTimeMs - 1_200);
    await c.clock.advance(15_000);
    expect(later.all('viewPatch')).toEqual([]);
    await later.next('viewPatch');
    const rangAfterMs = c.clock.nowMs() - restartedAtMs;
    expect(rangAfterMs).toBeGreaterThan(18_000);
    expect(rangAfterMs).toBeLessThan(24_000);
  });
});
