import { expect, test } from '@jest/globals';
import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshId, WireMessage } from '@raft-mesh/protocol';
import type { FaultKind } from '../../src/faults/fault.ts';
import { EventLoop } from '../../src/world/event-loop.ts';
import type { NetworkRates } from '../../src/world/path.ts';
import { SimulatedNetwork } from '../../src/world/simulated-network.ts';
import { SimulatedProcess } from '../../src/world/simulated-process.ts';
import { SimulatedRandom } from '../../src/world/simulated-random.ts';

const mesh = { mesh: 'test' as MeshId, incarnation: 1 };
const calm: NetworkRates = { delayMinMs: 1, delayMeanMs: 2, lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 0, pathCapacity: null };

/** Hears what comes over one end of a link. */
class Ear {
  readonly heard: WireMessage[] = [];
  readonly batches: number[] = [];
  opened = 0;
  end: LinkEnd | null = null;
  link: Link | null = null;
  readonly handlers: LinkHandlers = {
    onOpen: () => { this.opened += 1; },
    onMessages: (messages) => { this.heard.push(...messages); this.batches.push(messages.length); },
    onInvalid: (error) => { throw new Error(error.message); },
    onEnd: (end) => { expect(this.end).toBeNull(); this.end = end; },
  };

  get terms(): readonly number[] {
    return this.heard.flatMap((message) => (message.type === 'voteResponse' ? [message.term] : []));
  }

  get beats(): readonly number[] {
    return this.heard.flatMap((message) => (message.type === 'heartbeat' ? [message.beat] : []));
  }
}

/** Two addresses, `a` and `b`; `b` listens. */
class Pair {
  readonly loop = new EventLoop();
  readonly happened = new Map<FaultKind, number>();
  rates = calm;
  readonly network: SimulatedNetwork;
  a = this.#process('a');
  b = this.#process('b');
  readonly accepted: Ear[] = [];
  sent = 0;

  constructor(rates: Partial<NetworkRates> = {}) {
    this.rates = { ...calm, ...rates };
    this.network = new SimulatedNetwork({
      mesh, loop: this.loop, rates: () => this.rates, randomFor: (name) => new SimulatedRandom(7, name),
      happened: (kind) => { this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1); }, onSent: () => { this.sent += 1; }, onDelivered: () => {},
    });
    this.listen();
  }

  listen(): void {
    this.network.listen('b', this.b, { accept: (link) => { const ear = new Ear(); ear.link = link; this.accepted.push(ear); return ear.handlers; } });
  }

  restartB(): void {
    this.b = this.#process('b');
    this.listen();
  }

  dial(): Ear {
    const ear = new Ear();
    ear.link = this.network.dialer('a', this.a).dial('b', mesh, ear.handlers);
    return ear;
  }

  async pass(ms: number): Promise<void> {
    await this.loop.run(() => false, this.loop.nowMs + ms);
  }

  async linked(): Promise<{ readonly near: Ear; readonly far: Ear }> {
    const near = this.dial();
    await this.pass(100);
    const far = this.accepted.at(-1);
    if (far === undefined || near.opened !== 1) throw new Error('no link');
    return { near, far };
  }

  #process(name: string): SimulatedProcess {
    return new SimulatedProcess(name, this.loop, { driftPpm: 0, clockStartMs: 0 });
  }
}

const beat = (number: number): WireMessage => ({ type: 'heartbeat', beat: number });
const vote = (term: number): WireMessage => ({ type: 'voteResponse', term, granted: true });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

async function sendEach(pair: Pair, link: Link | null, messages: readonly WireMessage[]): Promise<void> {
  for (const message of messages) {
    link?.send(message);
    await pair.pass(0.5);
  }
  await pair.pass(1_000);
}

test('a calm path brings everything once, in order, and what is sent together arrives together', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  for (const number of upTo(3)) near.link?.send(beat(number));
  await sendEach(pair, near.link, upTo(50).map(vote));
  expect(far.beats).toEqual([1, 2, 3]);
  expect(far.batches[0]).toBeGreaterThanOrEqual(4);
  expect(far.terms).toEqual(upTo(50));
  expect(near.link?.bufferedBytes).toBe(0);
  expect(pair.happened.size).toBe(0);
});

test.each([
  ['loss', { lossPerMille: 300 }], ['duplicate', { duplicatePerMille: 300 }], ['reorder', { reorderPerMille: 300 }], ['replay', { replayPerMille: 300 }],
] as const)('%s strikes Raft messages and no stream', async (kind, rates) => {
  const pair = new Pair(rates);
  const { near, far } = await pair.linked();
  await sendEach(pair, near.link, upTo(100).flatMap((number) => [beat(number), vote(number)]));
  expect(far.beats).toEqual(upTo(100));
  expect(pair.happened.get(kind)).toBeGreaterThan(10);
  expect([...pair.happened.keys()]).toEqual([kind]);
  const { terms } = far;
  const struck = pair.happened.get(kind) ?? 0;
  expect(terms.length).toBe(100 + (kind === 'loss' ? -struck : kind === 'reorder' ? 0 : struck));
  expect(terms.every((term, at) => at === 0 || term >= (terms[at - 1] ?? 0))).toBe(kind === 'loss');
  expect(near.link?.bufferedBytes).toBe(0);
});

test('what is sent on a link to a process that has died is not said to whoever took its place (seed 3013049)', async () => {
  const pair = new Pair();
  const { near } = await pair.linked();
  near.link?.send(vote(1));
  expect(pair.sent).toBe(1);
  pair.b.kill();
  pair.network.died('b', 'silence');
  pair.restartB();
  near.link?.send(vote(2));
  expect(pair.sent).toBe(1);
});

test('no Raft message overtakes a part of the stream that was sent before it', async () => {
  const pair = new Pair({ reorderPerMille: 1_000, delayMeanMs: 30 });
  const { near, far } = await pair.linked();
  near.link?.send(beat(1));
  near.link?.send(vote(1));
  await pair.pass(1_000);
  expect(far.heard[0]?.type).toBe('heartbeat');
  expect(far.heard).toHaveLength(2);
});

test('a path that is full drops Raft messages', async () => {
  const pair = new Pair({ pathCapacity: 3 });
  const { near, far } = await pair.linked();
  for (const number of upTo(10)) near.link?.send(vote(number));
  await pair.pass(100);
  expect(far.terms).toEqual([1, 2, 3]);
  expect(pair.happened.get('capacityDrop')).toBe(7);
  near.link?.send(vote(11));
  await pair.pass(100);
  expect(far.terms).toEqual([1, 2, 3, 11]);
});

test('a cut loses Raft messages and holds back the stream, one way only', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  const heal = pair.network.path('a', 'b').cut();
  near.link?.send(beat(1));
  near.link?.send(vote(1));
  far.link?.send(beat(9));
  await pair.pass(500);
  expect([far.heard, near.beats]).toEqual([[], [9]]);
  heal();
  await pair.pass(100);
  expect(far.heard).toEqual([beat(1)]);
});

test('a cut catches the Raft messages underway', async () => {
  const pair = new Pair({ delayMinMs: 50 });
  const { near, far } = await pair.linked();
  near.link?.send(vote(1));
  near.link?.send(beat(1));
  await pair.pass(1);
  const heal = pair.network.path('a', 'b').cut();
  await pair.pass(500);
  heal();
  await pair.pass(500);
  expect(far.heard).toEqual([beat(1)]);
});

test('a clogged path brings everything at once when it ends', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  const end = pair.network.path('a', 'b').clog();
  await sendEach(pair, near.link, [beat(1), vote(1), vote(2), beat(2)]);
  expect(far.heard).toEqual([]);
  end();
  await pair.pass(1);
  expect(far.heard).toEqual([beat(1), vote(1), vote(2), beat(2)]);
});

test('a slow path is late by that much', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  const end = pair.network.path('a', 'b').slow(400);
  near.link?.send(vote(1));
  await pair.pass(390);
  expect(far.terms).toEqual([]);
  await pair.pass(100);
  expect(far.terms).toEqual([1]);
  end();
});

test('links that break end at both sides, and lose what was underway', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  near.link?.send(beat(1));
  expect(pair.network.breakLinks('a', 'b')).toBe(2);
  await pair.pass(100);
  expect([near.end, far.end, far.heard]).toEqual([{ cause: 'lost' }, { cause: 'lost' }, []]);
});

test('a process that dies by a reset is noticed, and its address refuses until another lives there', async () => {
  const pair = new Pair();
  const { near } = await pair.linked();
  pair.b.kill();
  pair.network.died('b', 'reset');
  await pair.pass(100);
  expect(near.end).toEqual({ cause: 'lost' });
  const refused = pair.dial();
  await pair.pass(100);
  expect(refused.end).toEqual({ cause: 'refused' });
  pair.restartB();
  await pair.linked();
});

test('a process that dies in silence is noticed only when another answers in its place', async () => {
  const pair = new Pair();
  const { near } = await pair.linked();
  pair.b.kill();
  pair.network.died('b', 'silence');
  near.link?.send(beat(1));
  const unanswered = pair.dial();
  await pair.pass(5_000);
  expect([near.end, unanswered.end, unanswered.opened]).toEqual([null, null, 0]);
  pair.restartB();
  near.link?.send(beat(2));
  await pair.pass(100);
  expect(near.end).toEqual({ cause: 'lost' });
  expect(pair.accepted.at(-1)?.heard).toEqual([]);
});

test('nothing that was said to an earlier process comes again to the next', async () => {
  const pair = new Pair({ replayPerMille: 1_000 });
  const first = await pair.linked();
  await sendEach(pair, first.near.link, upTo(10).map(vote));
  pair.b.kill();
  pair.network.died('b', 'reset');
  pair.restartB();
  const { near, far } = await pair.linked();
  await sendEach(pair, near.link, upTo(10).map((number) => vote(100 + number)));
  expect(far.terms.length).toBeGreaterThan(10);
  expect(Math.min(...far.terms)).toBeGreaterThan(100);
});

test('what was said by an earlier process may come again in the name of the next', async () => {
  const pair = new Pair({ replayPerMille: 1_000 });
  const first = await pair.linked();
  await sendEach(pair, first.near.link, upTo(10).map(vote));
  pair.a.kill();
  pair.network.died('a', 'reset');
  pair.a = new SimulatedProcess('a', pair.loop, { driftPpm: 0, clockStartMs: 0 });
  const { near, far } = await pair.linked();
  await sendEach(pair, near.link, upTo(10).map((number) => vote(100 + number)));
  expect(Math.min(...far.terms)).toBeLessThanOrEqual(10);
});

test('a paused process hears what came when it goes on', async () => {
  const pair = new Pair();
  const { near, far } = await pair.linked();
  pair.b.pause();
  await sendEach(pair, near.link, [beat(1), vote(1)]);
  expect(far.heard).toEqual([]);
  pair.b.resume();
  await pair.pass(1);
  expect(far.heard).toEqual([beat(1), vote(1)]);
});
