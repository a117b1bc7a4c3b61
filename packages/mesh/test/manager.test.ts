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

describe('three managers', () => {
  test('elect one leader, and all of them say so', async () => {
    const c = await cluster();
    const statuses = c.up.map((node) => node.manager.status());
    expect(statuses.filter((status) => status.role === 'leader')).toHaveLength(1);
    expect(new Set(statuses.map((status) => status.leader)).size).toBe(1);
    expect(statuses.every((status) => status.managers.every((manager) => manager.lastContactMs !== null))).toBe(true);
  });

  test('a command sent to the leader is answered once it is committed', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    client.command(1, 'add', { by: 2 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 2 });
  });

  test('a command sent to a follower is forwarded, and answered by the follower', async () => {
    const c = await cluster();
    const client = c.client(c.follower);
    await client.join('ada');
    client.command(1, 'add', { by: 2 });
    client.command(2, 'add', { by: -1 });
    client.command(3, 'add', { by: 5 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 2 });
    expect(await client.outcome(2)).toMatchObject({ status: 'refused', refusal: { code: 'negative' } });
    expect(await client.outcome(3)).toMatchObject({ status: 'committed', answer: 7 });
    expect(client.all('commandRetry')).toEqual([]);
  });
});
