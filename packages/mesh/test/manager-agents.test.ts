import { afterEach, describe, expect, test } from '@jest/globals';
import { Cluster } from './manager-cluster.ts';
import type { ClusterOptions, RawClient } from './manager-cluster.ts';

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

/** Lets time pass while these workers beat every half second. */
async function beat(c: Cluster, forMs: number, ...clients: readonly RawClient[]): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 500) {
    for (const client of clients) client.send({ type: 'heartbeat', beat: passedMs });
    await c.clock.advance(500);
  }
}

const statusOf = (c: Cluster, agent: string) => new Set(c.up.map((node) => node.manager.status().agents.find(({ id }) => id === agent)?.status));

describe('the status of an agent', () => {
  test('goes from alive over suspect to dead and back, on all managers', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    // A fresh leader has to wait one dead-timeout before it may declare anyone.
    await beat(c, 11_000, client);
    expect(statusOf(c, 'ada')).toEqual(new Set(['alive']));
    await c.clock.advance(3_000);
    expect(statusOf(c, 'ada')).toEqual(new Set(['suspect']));
    await c.clock.advance(8_000);
    expect(statusOf(c, 'ada')).toEqual(new Set(['dead']));
    await beat(c, 1_000, client);
    expect(statusOf(c, 'ada')).toEqual(new Set(['alive']));
  });

  test('is alive for an agent that only a follower hears', async () => {
    const c = await cluster();
    const client = c.client(c.follower);
    await client.join('ada');
    await beat(c, 20_000, client);
    expect(statusOf(c, 'ada')).toEqual(new Set(['alive']));
    await c.clock.advance(3_000);
    expect(statusOf(c, 'ada')).toEqual(new Set(['suspect']));
  });

  test('is not held against anyone by a leader that is new', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    await beat(c, 11_000, client);
    c.crash(c.leader!);
    await c.untilLeader();
    await c.clock.advance(9_000);
    expect(statusOf(c, 'ada')).toEqual(new Set(['alive']));
    await c.clock.advance(3_000);
    expect(statusOf(c, 'ada')).toEqual(new Set(['dead']));
  });

  test('costs no log entry while nothing changes', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    await beat(c, 2_000, client);
    const { lastIndex } = c.leader!.manager.status();
    await beat(c, 20_000, client);
    expect(c.leader!.manager.status().lastIndex).toBe(lastIndex);
  });
});

describe('a heartbeat', () => {
  test('is answered with the leader, the term and the log time', async () => {
    const c = await cluster();
    const client = c.client(c.follower);
    await client.join('ada');
    client.send({ type: 'heartbeat', beat: 1 });
    const first = await client.next('heartbeatAck');
    expect(first).toMatchObject({ leader: c.leader!.identity.manager, term: c.leader!.manager.status().term });
    await c.clock.advance(1_000);
    client.send({ type: 'heartbeat', beat: 2 });
    const second = await client.next('heartbeatAck', (message) => message.beat === 2);
    expect(second.logTimeMs - first.logTimeMs).toBeGreaterThan(900);
    expect(second.logTimeMs - first.logTimeMs).toBeLessThan(1_100);
  });

  test('keeps a link open; one that is silent for a minute is closed, and its agent keeps its seat', async () => {
    const c = await cluster();
    const [beating, silent] = [c.client(c.leader!, 'beating'), c.client(c.leader!, 'silent')];
    await beating.join('ada');
    await silent.join('bob');
    await beat(c, 75_000, beating);
    expect(beating.end).toBeNull();
    expect(silent.end).toEqual({ cause: 'closedThere', error: null });
    const back = c.client(c.leader!, 'back');
    await back.resume('bob');
    await beat(c, 1_000, back);
    expect(statusOf(c, 'bob')).toEqual(new Set(['alive']));
  });
});
