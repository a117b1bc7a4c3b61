import { afterEach, describe, expect, test } from '@jest/globals';
import { StateMachine } from '@raft-mesh/state-machine';
import type { JsonValue } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { decodeSnapshot, encodeSnapshot } from '@raft-mesh/mesh';
import { Cluster, app } from './manager-cluster.ts';
import type { ClusterOptions, Node, RawClient } from './manager-cluster.ts';

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

async function addMany(client: RawClient, from: number, to: number): Promise<void> {
  for (let sequence = from; sequence <= to; sequence += 1) {
    client.command(sequence, 'add', { by: 1, padding: 'x'.repeat(500) }, sequence - 1);
    await client.outcome(sequence);
  }
}

const digestOf = (node: Node) => node.manager.status().stateDigest;

describe('snapshots', () => {
  const tuning = { snapshotLogBytes: 20_000, snapshotKeepEntries: 5 };

  test('are taken as the log grows, shorten it, and a restart goes on from one', async () => {
    const c = await cluster({ tuning });
    const client = c.client(c.leader!);
    await client.join('ada');
    await addMany(client, 1, 100);
    await c.untilSame();
    for (const node of c.up) expect(node.store.durable.entries.length).toBeLessThan(60);
    for (const node of c.up) expect(node.store.durable.snapshot.lastIndex).toBeGreaterThan(40);
    const before = digestOf(c.leader!);
    const { appliedIndex } = c.leader!.manager.status();
    for (const node of c.up) c.crash(node);
    await c.start();
    await c.untilSame();
    expect(c.leader!.manager.status().appliedIndex).toBe(appliedIndex + 1);
    const again = c.client(c.leader!);
    await again.resume('ada');
    await addMany(again, 101, 101);
    expect(before).toHaveLength(64);
    expect(await again.outcome(101)).toMatchObject({ answer: 101 });
    await c.untilSame();
    expect(new Set(c.up.map(digestOf)).size).toBe(1);
  });

  test('bring a manager back that is far behind, and its workers see the newest view', async () => {
    const c = await cluster({ tuning });
    const behind = c.follower;
    const client = c.client(c.leader!);
    await client.join('ada');
    await c.untilSame();
    const watcher = c.client(behind, 'watcher');
    await watcher.resume('ada');
    watcher.send({ type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: 0 });
    await watcher.next('viewWhole');
    c.network.isolate(behind.url, c.nodes.map((node) => node.url));
    await addMany(client, 1, 120);
    expect(c.leader!.manager.status().firstIndex).toBeGreaterThan(behind.manager.status().lastIndex + 1);
    c.network.heal();
    expect((await watcher.next('viewPatch', ({ operations }) => JSON.stringify(operations).includes('120'))).operations).toEqual([{ op: 'replace', path: '/total', value: 120 }]);
    await c.untilSame();
    expect(behind.store.durable.snapshot.lastIndex).toBeGreaterThan(50);
    expect(new Set(c.up.map(digestOf)).size).toBe(1);
    expect(behind.stopped).toEqual([]);
    c.crash(behind);
    await c.startNode(behind);
    await c.untilSame();
    expect(digestOf(behind)).toBe(digestOf(c.leader!));
  });

  test('41. a command open at a manager whose log a snapshot replaced is answered all the same, and was applied once', async () => {
    const c = await cluster({ tuning });
    const behind = c.follower;
    const others = c.nodes.filter((node) => node !== behind);
    const ada = c.client(c.leader!);
    await ada.join('ada');
    await c.untilSame();
    const bob = c.client(behind, 'bob');
    await bob.join('bob');
    await c.untilSame();
    const { lastIndex } = c.leader!.manager.status();
    bob.command(1, 'add', { by: 1000 });
    await c.clock.advanceUntil(() => c.leader!.manager.status().lastIndex > lastIndex, 1000);
    // The leader has it; neither the commit nor the answer gets back.
    c.network.isolate(behind.url, others.map((node) => node.url));
    expect(behind.manager.status().commitIndex).toBe(lastIndex);
    await addMany(ada, 1, 120);
    expect(c.leader!.manager.status().firstIndex).toBeGreaterThan(lastIndex + 1);
    c.network.heal();
    await c.untilSame();
    expect(behind.store.durable.snapshot.lastIndex).toBeGreaterThan(lastIndex + 1);
    expect(await bob.outcome(1)).toMatchObject({ status: 'committed', answer: 1000 });
    ada.command(121, 'add', { by: 0 }, 120);
    expect(await ada.outcome(121)).toMatchObject({ answer: 1120 });
  });

  test('hold changes that a worker may have missed: a manager that starts from one does not call an older view current', async () => {
    const c = await cluster({ managers: 1, tuning: { snapshotLogBytes: 1, snapshotKeepEntries: 0 } });
    const client = c.client(c.leader!);
    await client.join('ada');
    client.send({ type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: 0 });
    const { version } = await client.next('viewWhole');
    client.send({ type: 'unwatch', watch: 1 });
    await addMany(client, 1, 3);
    await c.clock.advance(100);
    const [node] = c.nodes;
    const { snapshot } = node!.store.durable;
    // All of it is in the snapshot; nothing that is applied later tells that the state has changed.
    expect(snapshot.lastIndex).toBe(node!.manager.status().appliedIndex);
    expect(snapshot.lastIndex).toBeGreaterThan(version);
    c.crash(node!);
    await c.start();
    const again = c.client(c.leader!);
    await again.resume('ada');
    again.send({ type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: version });
    await c.clock.advance(50);
    expect(again.all('viewCurrent')).toEqual([]);
    expect((await again.next('viewWhole')).value).toMatchObject({ total: 3 });
  });

  test('of a wiped majority are never taken for the truth: a manager whose snapshot is damaged does not start', async () => {
    const c = await cluster({ tuning });
    const client = c.client(c.leader!);
    await client.join('ada');
    await addMany(client, 1, 60);
    const node = c.follower;
    c.crash(node);
    node.store.readSnapshot = () => Promise.resolve(new Uint8Array([1, 2, 3]));
    await expect(node.manager.start()).rejects.toThrow();
  });
});

describe('the snapshot format', () => {
  const collect = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]);

  test('gives back any parts', () => {
    fc.assert(fc.property(fc.array(fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)), (parts) => {
      const data = collect(encodeSnapshot(app, { index: 7, logTimeMs: 12.5, parts: () => parts }));
      const { header, parts: back } = decodeSnapshot(data);
      expect(header).toEqual({ app: app.name, appVersion: app.version, index: 7, logTimeMs: 12.5 });
      expect([...back]).toEqual(parts);
    }));
  });

  test('restores a machine that equals the one it was taken from', () => {
    const machine = new StateMachine(app);
    machine.apply({ index: 1, term: 1, logTimeMs: 5, record: null });
    const data = collect(encodeSnapshot(app, machine.snapshot()));
    const back = StateMachine.restore(app, decodeSnapshot(data).parts);
    expect(back.stateDigest()).toBe(machine.stateDigest());
    expect(back.runningDigest).toBe(machine.runningDigest);
  });

  test('is cut into pieces, so that others get a turn', () => {
    const parts = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
    expect([...encodeSnapshot(app, { index: 1, logTimeMs: 0, parts: () => parts })].length).toBeGreaterThan(10);
  });

  test.each([
    ['nothing', ''],
    ['no header', '{"a":1}\n'],
    ['a later format', '{"format":"raft-mesh-snapshot","formatVersion":2}\n'],
    ['half a line', '{"format":"raft-mesh-snapshot","formatVersion":1,"app":"a","appVersion":1,"index":1,"logTimeMs":1}\n[1,'],
  ])('with %s in it is refused', (_, text) => {
    expect(() => [...decodeSnapshot(new TextEncoder().encode(text)).parts]).toThrow(/snapshot/);
  });
});
