import { afterEach, describe, expect, test } from '@jest/globals';
import type { MembershipChange, MembershipResult, TransferResult } from '@raft-mesh/mesh';
import type { ManagerId } from '@raft-mesh/protocol';
import { nodeIdOf } from '@raft-mesh/protocol';
import type { NodeId } from '@raft-mesh/raft';
import { Cluster } from './manager-cluster.ts';
import type { ClusterOptions, Node } from './manager-cluster.ts';

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

const nodeOf = ({ identity }: Node): NodeId => nodeIdOf(identity.manager, identity.managerIncarnation);
const hasLeft = (node: Node): boolean => node.stopped.some((reason) => reason.endsWith('has left the mesh'));
const idsIn = (node: Node): readonly string[] => node.manager.configuration.voters.map(({ id }) => id).toSorted();

/** Asks whoever leads, until it is done: elections and promotions come in between. */
async function change(c: Cluster, wanted: MembershipChange): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { leader } = c;
    let result: MembershipResult | null = null;
    if (leader !== null) {
      void leader.manager.changeMembership(wanted).then((value) => { result = value; });
      await c.clock.advanceUntil(() => result !== null || !leader.up, 5_000);
    }
    const ended = result as MembershipResult | null;
    if (ended?.done === true) return;
    await c.clock.advance(50);
  }
  throw new Error(`not done: ${JSON.stringify(wanted)}`);
}

async function transfer(c: Cluster, to: Node): Promise<TransferResult> {
  let result: TransferResult | null = null;
  void c.leader!.manager.transferLeadership(nodeOf(to)).then((value) => { result = value; });
  await c.clock.advanceUntil(() => result !== null, 5_000);
  return result!;
}

/** Takes a new manager in and waits until it votes. */
async function join(c: Cluster, manager: string, managerIncarnation = 1): Promise<Node> {
  const node = c.joiner(manager, managerIncarnation);
  await change(c, { kind: 'join', member: { id: nodeOf(node), address: node.url } });
  await c.startNode(node);
  await c.clock.advanceUntil(() => c.leader?.manager.configuration.voters.some(({ id }) => id === nodeOf(node)) === true && node.manager.status().leader !== null, 20_000);
  return node;
}

async function remove(c: Cluster, node: Node): Promise<void> {
  if (c.leader === node) await transfer(c, c.follower);
  await change(c, { kind: 'remove', id: nodeOf(node) });
  if (!node.up) return;
  await c.clock.advanceUntil(() => hasLeft(node), 5_000);
  c.crash(node);
}

describe('a manager that joins', () => {
  test('learns first and then votes; workers hear of it once that is committed', async () => {
    const c = await cluster();
    const client = c.client(c.leader!);
    await client.join('ada');
    for (let number = 1; number <= 5; number += 1) client.command(number, 'add', { by: 1 });
    await client.outcome(5);
    const node = c.joiner('m4');
    await change(c, { kind: 'join', member: { id: 'm4:1' as NodeId, address: node.url } });
    expect(c.leader!.manager.status().managers.find(({ id }) => id === 'm4')).toMatchObject({ membership: 'learner', managerIncarnation: 1 });
    expect(client.all('managersChanged')).toEqual([]);
    await c.startNode(node);
    await c.clock.advanceUntil(() => c.up.every((one) => one.manager.status().managers.some(({ id, membership }) => id === 'm4' && membership === 'voter')), 20_000);
    expect((await client.next('managersChanged')).managers.map(({ id }) => id).toSorted()).toEqual(['m1', 'm2', 'm3', 'm4']);
    await c.untilSame();
    const atNew = c.client(node, 'other');
    await atNew.join('bob');
    atNew.command(1, 'add', { by: 1 });
    expect(await atNew.outcome(1)).toMatchObject({ answer: 6 });
  });

  test('in place of its wiped earlier self, which does not come back', async () => {
    const c = await cluster();
    const wiped = c.follower;
    c.crash(wiped);
    await join(c, wiped.identity.manager, 2);
    expect(idsIn(c.leader!)).toEqual(c.nodes.filter((node) => node !== wiped).map(nodeOf).toSorted());
    // The old disk turns up, at another address.
    const term = c.leader!.manager.status().term;
    await wiped.manager.start();
    await c.clock.advanceUntil(() => hasLeft(wiped), 5_000);
    expect(c.leader!.manager.status().term).toBe(term);
  });

  test('reads through all the changes before its own, though it is in none of them', async () => {
    const c = await cluster();
    const [m1, m2, m3] = [...c.nodes];
    await join(c, 'm4');
    await remove(c, m1!);
    await join(c, 'm5');
    await remove(c, m2!);
    const last = await join(c, 'm6');
    await remove(c, m3!);
    expect(idsIn(last)).toEqual(['m4:1', 'm5:1', 'm6:1']);
    await c.untilSame();
    expect(c.up.map(({ stopped }) => stopped)).toEqual([[], [], []]);
  });
});

// Found by the simulator (seed 55): a snapshot of one that had just joined named a configuration that was never in force.
test('one that is not in yet knocks less and less, each says once that it did, and it is in at once when it may be', async () => {
  const c = await cluster();
  const dials: number[] = [];
  const dialerOf = c.network.dialer.bind(c.network);
  c.network.dialer = (from) => {
    const dialer = dialerOf(from);
    return { dial: (address, about, handlers) => { if (from.endsWith('m4')) dials.push(c.clock.nowMs()); return dialer.dial(address, about, handlers); } };
  };
  const node = c.joiner('m4');
  await c.startNode(node);
  await c.clock.advance(120_000);
  // Three whom it dials: ten attempts in the first ten seconds, then one each ten seconds.
  expect(dials.length).toBeLessThanOrEqual(3 * 23);
  const lines = c.nodes.filter((one) => one !== node).map(({ log }) => log.events.filter(({ message }) => message === 'a manager was not let in').map(({ fields }) => fields));
  expect(lines).toEqual(Array.from({ length: 3 }, () => [{ remote: node.url, claimed: 'm4:1', code: 'credentialRevoked' }]));

  const startedAtMs = c.clock.nowMs();
  await change(c, { kind: 'join', member: { id: nodeOf(node), address: node.url } });
  await c.clock.advanceUntil(() => node.manager.configuration.voters.some(({ id }) => id === nodeOf(node)), 20_000);
  expect(c.clock.nowMs() - startedAtMs).toBeLessThan(2_000);
  // Whoever links to it from now on is linked to as well, so that each finds out by itself when the other is gone.
  dials.length = 0;
  await c.clock.advance(1_000);
  expect(dials.length).toBe(0);
});

test('whoever was away for long is dialled at once when it is back, and missed at once when it goes again', async () => {
  const c = await cluster();
  const away = c.leader!;
  c.crash(away);
  await c.clock.advance(60_000);
  await c.startNode(away);
  await c.untilLeader();
  await c.untilSame();
  expect(await transfer(c, away)).toMatchObject({ done: true });
  await c.untilLeader();
  expect(c.leader).toBe(away);
  // Its process ends: those who had linked to it are refused at once, and elect without waiting for a timeout.
  const diedAtMs = c.clock.nowMs();
  c.crash(away);
  await c.clock.advanceUntil(() => c.leader !== null, 5_000);
  expect(c.clock.nowMs() - diedAtMs).toBeLessThan(100);
});

test('one that joins takes no snapshot before it has read who is in the mesh', async () => {
  const c = await cluster();
  const node = c.joiner('m4');
  await change(c, { kind: 'join', member: { id: 'm4:1' as NodeId, address: node.url } });
  await c.startNode(node);
  expect(node.manager.takeSnapshot()).toBe(false);
  await c.clock.advanceUntil(() => node.manager.status().appliedIndex > 0, 5_000);
  expect(node.manager.takeSnapshot()).toBe(true);
  await c.clock.advance(100);
  expect(node.store.durable.snapshot.configuration.voters.map(({ id }) => id)).toEqual(['m1:1', 'm2:1', 'm3:1']);
  expect(c.leader!.manager.takeSnapshot()).toBe(true);
});

// Found by the simulator: the only manager left had restarted, and sent its workers to the one whose place it had taken.
test('a manager that has just restarted sends workers to those who vote by its log, and not only to those who did when its last snapshot was taken', async () => {
  const c = await cluster({ managers: 1, tuning: { snapshotKeepEntries: 0 } });
  const first = c.leader!;
  await c.client(first).join('ada');
  expect(first.manager.takeSnapshot()).toBe(true);
  await c.clock.advance(500);
  const second = await join(c, 'm2');
  const third = await join(c, 'm3');
  await remove(c, first);
  for (const node of [third, second]) c.crash(node);
  await c.startNode(second);
  const client = c.client(second, 'again');
  client.helloAgain('ada', { secret: 'secret of ada' });
  const { managers, leader } = await client.next('welcome');
  expect({ leader, managers: managers.map(({ id }) => id) }).toEqual({ leader: null, managers: expect.arrayContaining(['m2']) });
});

describe('a manager that is removed', () => {
  test('ends its links with a reason, says so, and is not heard any more', async () => {
    const c = await cluster();
    const gone = c.follower;
    const worker = c.client(gone);
    await worker.join('ada');
    await change(c, { kind: 'remove', id: nodeOf(gone) });
    expect(await worker.ended()).toMatchObject({ cause: 'closedThere', error: { code: 'stopping', message: 'this manager has left the mesh' } });
    expect(hasLeft(gone)).toBe(true);
    const { term } = c.leader!.manager.status();
    await c.clock.advance(3_000);
    expect(c.leader!.manager.status().term).toBe(term);
    expect(idsIn(c.leader!)).toHaveLength(2);
  });

  test('while it forwards: what it held is refused at once, and its worker asks another', async () => {
    const c = await cluster();
    const gone = c.follower;
    const worker = c.client(gone);
    await worker.join('ada');
    const removing = change(c, { kind: 'remove', id: nodeOf(gone) });
    for (let number = 1; number <= 50; number += 1) worker.command(number, 'add', { by: 1 });
    const askedAtMs = c.clock.nowMs();
    await worker.ended();
    expect(c.clock.nowMs() - askedAtMs).toBeLessThan(200);
    await removing;
    const known = worker.all('commandOutcome').map(({ sequence }) => sequence);
    const elsewhere = c.client(c.leader!, 'again');
    await elsewhere.resume('ada');
    for (let number = 1; number <= 50; number += 1) if (!known.includes(number)) elsewhere.command(number, 'add', { by: 1 });
    await elsewhere.outcome(50);
    elsewhere.command(51, 'add', { by: 0 });
    expect(await elsewhere.outcome(51)).toMatchObject({ answer: 50 });
  });

  test('while it was down: it finds out when it is back', async () => {
    const c = await cluster();
    const gone = c.follower;
    c.crash(gone);
    await change(c, { kind: 'remove', id: nodeOf(gone) });
    await c.startNode(gone);
    await c.clock.advanceUntil(() => hasLeft(gone), 5_000);
  });
});

test('one that was down while all the others were replaced is found by the new ones', async () => {
  const c = await cluster();
  const away = c.follower;
  c.crash(away);
  const [first, second] = c.up;
  await join(c, 'm4');
  await join(c, 'm5');
  await remove(c, first!);
  await remove(c, second!);
  expect(idsIn(c.leader!)).toEqual([nodeOf(away), 'm4:1', 'm5:1'].toSorted());
  await c.startNode(away);
  await c.untilSame();
  expect(away.stopped).toEqual([]);
});

test('a transfer costs no command more than milliseconds, wherever it was sent', async () => {
  const c = await cluster();
  const [old, next] = [c.leader!, c.follower];
  const third = c.up.find((node) => node !== old && node !== next)!;
  const clients = await Promise.all([old, next, third].map(async (node, number) => {
    const client = c.client(node, `client ${number}`);
    await client.join(`agent${number}`);
    return client;
  }));
  const result = transfer(c, next);
  const startedAtMs = c.clock.nowMs();
  for (let number = 1; number <= 20; number += 1) {
    for (const client of clients) client.command(number, 'add', { by: 1 });
    await c.clock.advance(1);
  }
  for (const client of clients) await client.outcome(20);
  expect(c.clock.nowMs() - startedAtMs).toBeLessThan(150);
  expect(await result).toEqual({ done: true, leader: nodeOf(next) });
  expect(clients.flatMap((client) => client.all('commandRetry'))).toEqual([]);
  clients[0]!.command(21, 'add', { by: 0 });
  expect(await clients[0]!.outcome(21)).toMatchObject({ answer: 60 });
});

test('whether a quorum would be left is asked of the managers, not remembered', async () => {
  const c = await cluster();
  const [one, other] = c.up.filter((node) => node !== c.leader);
  const ask = async () => {
    let quorum: unknown = null;
    void c.leader!.manager.quorumAfter({ kind: 'remove', id: nodeOf(other!) }).then((value) => { quorum = value; });
    await c.clock.advanceUntil(() => quorum !== null, 5_000);
    return quorum;
  };
  expect(await ask()).toMatchObject({ kept: true, unreachable: [] });
  c.crash(one!);
  expect(await ask()).toMatchObject({ kept: false, unreachable: [nodeOf(one!)] });
});

test('47. an operator who is late does not bring an earlier life of a manager back', async () => {
  const c = await cluster();
  await join(c, 'm4', 2);
  let result: MembershipResult | null = null;
  void c.leader!.manager.changeMembership({ kind: 'join', member: { id: nodeIdOf('m4' as ManagerId, 1), address: 'memory://m4' } }).then((value) => { result = value; });
  await c.clock.advance(100);
  expect(result).toEqual({ done: false, reason: { code: 'superseded', by: 'm4:2' } });
  expect(idsIn(c.leader!)).toEqual(['m1:1', 'm2:1', 'm3:1', 'm4:2']);
});
