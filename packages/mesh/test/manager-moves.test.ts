import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect, type Worker } from '@raft-mesh/mesh';
import { moveTokenOf } from '@raft-mesh/protocol';
import { digestOfText, type AgentId } from '@raft-mesh/state-machine';
import { MemoryWorkerStore, SeededRandom } from '@raft-mesh/testkit';
import { Cluster, mesh, type Node } from './manager-cluster.ts';

// An agent moves to another device: the SDK and real managers, on one simulated clock, and no control plane.

let c: Cluster;
let devices = 0;
beforeEach(async () => {
  c = new Cluster();
  await c.start();
});
afterEach(() => c.stop());

const ada = 'ada' as AgentId;
const code = 'A'.repeat(43);
const token = moveTokenOf({ agent: ada, code });

async function until<Value>(promise: Promise<Value>, withinMs = 60_000): Promise<Value> {
  let isSettled = false;
  void promise.then(() => { isSettled = true; }, () => { isSettled = true; });
  await c.clock.advanceUntil(() => isSettled, withinMs);
  return promise;
}

/** A device with a store of its own, or one that it had before. */
function device(name: string, join: { readonly token: string }, store = new MemoryWorkerStore()): Promise<Worker> {
  devices += 1;
  const managers = c.nodes.map(({ identity, url }) => ({ id: identity.manager, url }));
  return until(connect({ store, dialer: c.network.dialer(name), clock: c.clock, random: new SeededRandom(devices), agentKind: 'browser', join: { mesh, name, managers, ...join } }));
}
const joined = (name: string, store?: MemoryWorkerStore) => device(name, { token: c.issuer.joinToken({ sub: name as AgentId }) }, store);
const offer = async (worker: Worker, offered = code, lifetimeMs = 60_000) => expect(await until(worker.send('members', 'offerMove', { codeHash: digestOfText(offered), lifetimeMs }))).toMatchObject({ status: 'committed' });
const untilEnded = (worker: Worker) => c.clock.advanceUntil(() => worker.state.phase === 'ended', 20_000);
const add = (worker: Worker) => until(worker.send('tally', 'add', { by: 1 }));

test('the new device goes on as the same agent with its own secrets, and the old one is told and stops', async () => {
  const old = await joined('ada');
  await until(old.send('tally', 'keepSecret', { number: 7 }));
  await offer(old);
  const phone = await device('phone', { token });
  expect([phone.agent, phone.name]).toEqual(['ada', 'ada']);
  await untilEnded(old);
  expect(old.state).toMatchObject({ phase: 'ended', error: { code: 'movedAway' } });
  const views: unknown[] = [];
  phone.watch('tally', null, ({ value }) => views.push(value));
  expect(await add(phone)).toMatchObject({ status: 'committed', answer: 1 });
  await c.clock.advance(200);
  expect(views.at(-1)).toMatchObject({ total: 1, mine: 7 });
  // Nobody was declared dead, and the code is in no log.
  expect(c.leader!.manager.status().leader).not.toBeNull();
  expect(JSON.stringify(c.nodes.map((node) => node.log.events))).not.toContain(code);
});

test('the old device is told by every manager, also by one that the new device has not come to', async () => {
  const links = c.nodes.map((node) => c.client(node, `ada at ${node.url}`));
  const [first, ...others] = links;
  await first!.join('ada');
  for (const link of others) await link.resume('ada');
  first!.send({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'members', command: 'offerMove', arguments: { codeHash: digestOfText(code) } });
  await first!.outcome(1);
  c.client(c.leader!, 'phone').helloByToken(token, { secret: 'of the phone', session: 'phone-1' });
  for (const link of links) expect(await link.endCode()).toBe('movedAway');
});

test('an old device that was asleep is told when it wakes, by whichever manager it asks', async () => {
  const store = new MemoryWorkerStore();
  const old = await joined('ada', store);
  await offer(old);
  const asleep = store.crash(0);
  c.network.kill('ada');
  await device('phone', { token });
  for (const node of c.nodes) {
    const client = c.client(node, `waking at ${node.url}`);
    client.helloAgain('ada', { secret: asleep.identity!.resumeSecret });
    expect(await client.endCode()).toBe('movedAway');
  }
  await expect(until(connect({ store: asleep, dialer: c.network.dialer('ada again'), clock: c.clock, random: new SeededRandom(99), agentKind: 'browser' }))).rejects.toMatchObject({ error: { code: 'movedAway' } });
});

test('an old device that comes again with the token that let it in is told where its agent is, and not that its token was used', async () => {
  const store = new MemoryWorkerStore();
  const admitting = c.issuer.joinToken({ sub: ada });
  await offer(await device('ada', { token: admitting }, store));
  const asleep = store.crash(0);
  c.network.kill('ada');
  await device('phone', { token });
  await expect(device('ada again', { token: admitting }, asleep)).rejects.toMatchObject({ error: { code: 'movedAway' } });
});

test.each<[string, (old: Worker) => Promise<string>, string]>([
  ['was used before', async (old) => { await offer(old); await device('phone', { token }); return token; }, 'tokenSpent'],
  ['is over', async (old) => { await offer(old, code, 1_000); await c.clock.advance(1_500); return token; }, 'tokenExpired'],
  ['is a guess', async (old) => { await offer(old); return moveTokenOf({ agent: ada, code: 'B'.repeat(43) }); }, 'tokenInvalid'],
  ['was taken back', async (old) => { await offer(old); await until(old.send('members', 'withdrawMove', {})); return token; }, 'tokenInvalid'],
  ['is for nobody', async () => moveTokenOf({ agent: 'nobody' as AgentId, code }), 'tokenInvalid'],
])('a link that %s admits nobody', async (_, prepare, expected) => {
  const used = await prepare(await joined('ada'));
  await expect(device('thief', { token: used })).rejects.toMatchObject({ error: { code: expected } });
});

test('who guesses writes nothing into the log', async () => {
  await offer(await joined('ada'));
  await c.untilSame();
  const { lastIndex } = c.leader!.manager.status();
  for (const node of c.nodes) {
    const client = c.client(node, `guess at ${node.url}`);
    client.helloByToken(moveTokenOf({ agent: ada, code: 'B'.repeat(43) }));
    expect(await client.endCode()).toBe('tokenInvalid');
  }
  expect(c.leader!.manager.status().lastIndex).toBe(lastIndex);
});

test('the leader dies between the offer and its use: one move, one device', async () => {
  const old = await joined('ada');
  await offer(old);
  c.crash(c.leader!);
  const phone = device('phone', { token });
  await c.clock.advanceUntil(() => c.leader !== null && c.leader.manager.status().lastIndex > 0, 5_000);
  expect((await phone).agent).toBe('ada');
  for (const node of c.nodes) if (!node.up) await c.startNode(node);
  await c.untilLeader();
  await expect(device('thief', { token })).rejects.toMatchObject({ error: { code: 'tokenSpent' } });
  await untilEnded(old);
  expect(old.state).toMatchObject({ error: { code: 'movedAway' } });
});

test('the answer was lost: the same device says the same again elsewhere, and is welcomed', async () => {
  await offer(await joined('ada'));
  const first = c.client(c.follower, 'phone');
  const { lastIndex } = c.leader!.manager.status();
  await c.clock.advanceUntil(() => first.opened, 1_000);
  first.helloByToken(token, { secret: 'of the phone', session: 'phone-1' });
  await c.clock.advanceUntil(() => c.leader!.manager.status().appliedIndex > lastIndex, 1_000);
  expect(first.all('welcome')).toEqual([]);
  c.network.kill('phone');
  await c.clock.advance(500);
  const again = c.client(c.leader!, 'phone again');
  again.helloByToken(token, { secret: 'of the phone', session: 'phone-1' });
  expect((await again.next('welcome')).agent).toBe('ada');
});

test('a manager that is cut off still serves the old device; what it takes there is never applied', async () => {
  const client = c.client(c.follower, 'ada');
  await client.join('ada');
  const cutOff: Node = c.nodes.find(({ url }) => url === c.follower.url)!;
  client.send({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'members', command: 'offerMove', arguments: { codeHash: digestOfText(code) } });
  await client.outcome(1);
  for (const node of c.nodes) if (node !== cutOff) c.network.cut(cutOff.url, node.url);
  client.command(2, 'add', { by: 100 });
  const phone = await until(connect({
    store: new MemoryWorkerStore(), dialer: c.network.dialer('phone'), clock: c.clock, random: new SeededRandom(5), agentKind: 'browser',
    join: { mesh, name: 'phone', token, managers: c.nodes.filter((node) => node !== cutOff).map(({ identity, url }) => ({ id: identity.manager, url })) },
  }));
  c.network.heal();
  expect(await client.endCode()).toBe('movedAway');
  expect(await add(phone)).toMatchObject({ status: 'committed', answer: 1 });
});

test('it moves back to the first device, which makes itself another secret', async () => {
  const store = new MemoryWorkerStore();
  const old = await joined('ada', store);
  const firstSecret = store.identity!.resumeSecret;
  await offer(old);
  const phone = await device('phone', { token });
  await untilEnded(old);
  const back = 'C'.repeat(43);
  await offer(phone, back);
  const kept = store.crash(0);
  const again = await device('ada', { token: moveTokenOf({ agent: ada, code: back }) }, kept);
  expect(again.agent).toBe('ada');
  await untilEnded(phone);
  expect(phone.state).toMatchObject({ error: { code: 'movedAway' } });
  expect(await add(again)).toMatchObject({ status: 'committed' });
  expect(kept.identity!.resumeSecret).not.toBe(firstSecret);
});
