import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Link } from '@raft-mesh/mesh';
import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { limits, protocolVersion } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { diffViews, fitsInto } from '../src/manager/view-diff.ts';
import { Cluster } from './manager-cluster.ts';
import type { RawClient } from './manager-cluster.ts';

let c: Cluster;
beforeEach(async () => {
  c = new Cluster();
  await c.start();
});
afterEach(() => c.stop());

function watch(client: RawClient, knownVersion = 0, id = 1): void {
  client.send({ type: 'watch', watch: id, module: 'tally', parameters: null, knownVersion });
}

/** What a worker holds after everything that came, checking that each message follows on the one before. */
function held(client: RawClient, id = 1): { readonly version: number; readonly value: JsonValue } | null {
  let view: { version: number; value: JsonValue } | null = null;
  for (const message of client.received) {
    if (message.type === 'viewWhole' && message.watch === id) {
      expect(message.version).toBeGreaterThanOrEqual(view?.version ?? 0);
      view = { version: message.version, value: structuredClone(message.value) };
    } else if (message.type === 'viewPatch' && message.watch === id) {
      expect(view?.version).toBe(message.baseVersion);
      expect(message.version).toBeGreaterThan(message.baseVersion);
      const errors = applyPatch(view!.value, message.operations as unknown as Operation[]);
      expect(errors.every((error) => error === null)).toBe(true);
      view = { version: message.version, value: view!.value };
    }
  }
  return view;
}

describe('a view', () => {
  test('comes whole, then as patches, and follows every change at every manager', async () => {
    const client = c.client(c.leader!, 'writer');
    await client.join('writer');
    await c.client(c.leader!, 'first checker').join('checker');
    const watchers: RawClient[] = [];
    for (const [at, node] of c.nodes.entries()) {
      const watcher = c.client(node, `watcher ${at}`);
      await watcher.join(`watcher-${at}`);
      watch(watcher);
      await watcher.next('viewWhole');
      watchers.push(watcher);
    }
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom('add', 'keepSecret', 'setAlarm'), fc.integer({ min: -2, max: 50 })), { minLength: 1, maxLength: 8 }), async (commands) => {
      let sequence = client.all('commandOutcome').length;
      for (const [command, number] of commands) {
        sequence += 1;
        client.command(sequence, command, { by: number, number, inMs: 10_000 + number }, Math.max(0, sequence - 50));
      }
      await client.outcome(sequence);
      await c.untilSame();
      await c.clock.advance(20);
      for (const [at, watcher] of watchers.entries()) {
        const whole = c.client(c.nodes.at(at)!, 'checker');
        await whole.resume('checker');
        watch(whole);
        const { mine: _, ...expected } = (await whole.next('viewWhole')).value as { readonly [key: string]: JsonValue };
        expect(held(watcher)?.value).toEqual({ ...expected, mine: null });
        whole.link.close();
      }
    }), { numRuns: 15 });
  });

  test('is not sent again to a worker that holds it', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    client.command(1, 'add', { by: 1 });
    await client.outcome(1);
    watch(client);
    const { version } = await client.next('viewWhole');
    const elsewhere = c.client(c.follower, 'elsewhere');
    await elsewhere.resume('ada');
    watch(elsewhere, version);
    expect((await elsewhere.next('viewCurrent')).version).toBeGreaterThanOrEqual(version);
    expect(elsewhere.all('viewWhole')).toEqual([]);
    elsewhere.command(2, 'add', { by: 1 });
    const patch = await elsewhere.next('viewPatch');
    expect(patch.operations).toEqual([{ op: 'replace', path: '/total', value: 2 }]);
    watch(elsewhere, version, 2);
    expect((await elsewhere.next('viewWhole', (message) => message.watch === 2)).value).toMatchObject({ total: 2 });
  });

  test('does not tell a worker that comes back of changes that it hides', async () => {
    const keeper = c.client(c.leader!, 'keeper');
    await keeper.join('keeper');
    const comesBack = async (between: () => void): Promise<string[]> => {
      const first = c.client(c.leader!, 'first');
      await first.resume('ada');
      watch(first);
      const { version } = await first.next('viewWhole');
      between();
      await c.clock.advance(50);
      const again = c.client(c.leader!, 'again');
      await again.resume('ada');
      watch(again, version);
      await c.clock.advance(50);
      return again.received.map(({ type }) => type).filter((type) => type.startsWith('view'));
    };
    await c.client(c.leader!, 'first').join('ada');
    expect(await comesBack(() => {})).toEqual(['viewCurrent']);
    const hidden = await comesBack(() => keeper.command(1, 'keepSecret', { number: 4 }));
    const elsewhere = await comesBack(() => keeper.send({ type: 'command', sequence: 2, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: { key: 'agents/keeper/note', value: 4 } }));
    expect([keeper.all('commandOutcome').map(({ outcome }) => outcome.status), hidden]).toEqual([['committed', 'committed'], elsewhere]);
  });

  test('never goes back: a manager that lags waits until it has caught up with what the worker has seen', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    await c.untilSame();
    const behind = c.follower;
    const late = c.client(behind, 'late');
    await late.resume('ada');
    c.network.isolate(behind.url, c.nodes.map((node) => node.url));
    client.command(1, 'add', { by: 1 });
    await client.outcome(1);
    watch(client);
    const { version } = await client.next('viewWhole');
    expect(behind.manager.status().appliedIndex).toBeLessThan(version);
    watch(late, version);
    await c.clock.advance(100);
    expect(late.received.filter((message) => message.type.startsWith('view'))).toEqual([]);
    c.network.heal();
    expect((await late.next('viewCurrent')).version).toBeGreaterThanOrEqual(version);
    client.command(2, 'add', { by: 1 });
    expect((await late.next('viewPatch')).operations).toEqual([{ op: 'replace', path: '/total', value: 2 }]);
  });

  test('shows an agent its own secret and no other; an event goes to its audience alone', async () => {
    const ada = c.client(c.leader!, 'ada');
    const bob = c.client(c.leader!, 'bob');
    await ada.join('ada');
    await bob.join('bob', { accessRole: 'spectator' });
    watch(ada);
    watch(bob);
    await bob.next('viewWhole');
    ada.command(1, 'keepSecret', { number: 424_242 });
    await ada.next('viewPatch');
    ada.command(2, 'add', { by: 1 });
    await bob.next('event');
    await c.clock.advance(50);
    expect(held(ada)?.value).toMatchObject({ mine: 424_242, total: 1 });
    expect(ada.all('event').map((message) => message.event)).toEqual([{ secret: 424_242 }, { added: 1 }]);
    expect(bob.all('event').map((message) => message.event)).toEqual([{ added: 1 }]);
    expect(JSON.stringify(bob.received)).not.toContain('424242');
  });

  test('of an unknown module is refused, as is one too many', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    client.send({ type: 'watch', watch: 99, module: 'nothing', parameters: null, knownVersion: 0 });
    expect((await client.next('watchRefused')).refusal.code).toBe('unknownModule');
    for (let id = 1; id <= 65; id += 1) watch(client, 0, id);
    expect(await client.next('watchRefused', (message) => message.watch === 65)).toMatchObject({ refusal: { code: 'tooManyWatches' } });
  });

  test('and a query with more parameters than a manager keeps are refused', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    const large = 'x'.repeat(limits.readArgumentsBytesMax);
    client.send({ type: 'watch', watch: 1, module: 'tally', parameters: large, knownVersion: 0 });
    expect(await client.next('watchRefused')).toMatchObject({ watch: 1, refusal: { code: 'invalidArguments', message: expect.stringContaining('65536') } });
    client.send({ type: 'query', request: 1, module: 'tally', query: 'total', arguments: large, stale: false });
    expect(await client.next('queryAnswer')).toMatchObject({ request: 1, result: { status: 'refused', refusal: { code: 'invalidArguments', message: expect.stringContaining('65536') } } });
  });

  test('is told to be stale: workers hear when the leader is lost and found', async () => {
    const client = c.client(c.follower);
    await client.join('ada');
    const term = client.all('welcome').at(0)!.leader;
    c.crash(c.leader!);
    expect((await client.next('leaderChanged', (message) => message.leader === null)).leader).toBeNull();
    expect((await client.next('leaderChanged', (message) => message.leader !== null)).leader).not.toBe(term);
  });
});

/** A link whose reader reads only when told to. */
class StuckLink implements Link {
  readonly kind = 'memory';
  readonly remote = 'stuck';
  bufferedBytes = 0;
  readonly sent: WireMessage[] = [];
  closedWith: ProtocolError | null = null;
  isClosed = false;
  send(message: WireMessage): void { this.sent.push(message); }
  close(error?: ProtocolError): void { this.isClosed = true; this.closedWith = error ?? null; }
}

describe('a slow reader', () => {
  async function stuckWatcher() {
    const link = new StuckLink();
    const handlers = c.leader!.manager.accept(link);
    handlers.onMessages([{
      type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'join', token: c.issuer.joinToken({ sub: 'slow' as AgentId }), name: 'Slow', resumeSecret: 'slow' },
      session: { id: 'session-1' as SessionId, opened: false },
    }]);
    await c.clock.advanceUntil(() => link.sent.some((message) => message.type === 'welcome'));
    handlers.onMessages([{ type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: 0 }]);
    await c.clock.advanceUntil(() => link.sent.some((message) => message.type === 'viewWhole'));
    return { link, handlers };
  }

  test('skips versions, and has the newest once it reads again', async () => {
    const { link } = await stuckWatcher();
    const writer = c.client(c.leader!, 'writer');
    await writer.join('writer');
    link.bufferedBytes = 1024 * 1024;
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      writer.command(sequence, 'add', { by: 1 });
      await writer.outcome(sequence);
    }
    await c.clock.advance(500);
    expect(link.sent.filter((message) => message.type === 'viewPatch')).toEqual([]);
    link.bufferedBytes = 0;
    await c.clock.advance(100);
    expect(link.sent.filter((message) => message.type === 'viewPatch')).toEqual([expect.objectContaining({ operations: [{ op: 'replace', path: '/total', value: 20 }] })]);
  });

  test('is closed past a bound, and the others are served on', async () => {
    const { link, handlers } = await stuckWatcher();
    link.bufferedBytes = 9 * 1024 * 1024;
    handlers.onMessages([{ type: 'heartbeat', beat: 1 }]);
    expect(link.closedWith?.code).toBe('slowConsumer');
    handlers.onEnd({ cause: 'closedHere' });
    const writer = c.client(c.leader!, 'writer');
    await writer.join('writer');
    writer.command(1, 'add', { by: 1 });
    expect(await writer.outcome(1)).toMatchObject({ status: 'committed' });
  });
});

describe('diffViews', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

  test('gives patches that lead from one view to the next', () => {
    fc.assert(fc.property(json, json, (before, after) => {
      const difference = diffViews(before, after);
      switch (difference.kind) {
        case 'same': expect(before).toEqual(after); return;
        case 'whole': return;
        case 'patch': {
          const holder = { '': structuredClone(before) };
          expect(applyPatch(holder[''], difference.operations as unknown as Operation[]).every((error) => error === null)).toBe(true);
          expect(JSON.parse(JSON.stringify(holder['']))).toEqual(after);
        }
      }
    }), { numRuns: 500 });
  });

  test('patches what changed a little, and does not look for edits in long lists', () => {
    expect(diffViews({ a: 1, b: [1, 2] }, { a: 1, b: [1, 2, 3] })).toEqual({ kind: 'patch', operations: [{ op: 'add', path: '/b/-', value: 3 }] });
    const long = Array.from({ length: 5_000 }, (_, at) => at);
    expect(diffViews({ long, a: 1 }, { long: [...long, 1], a: 1 })).toEqual({ kind: 'patch', operations: [{ op: 'add', path: '/long/-', value: 1 }] });
    expect(diffViews({ long, a: 1 }, { long: [-1, ...long], a: 1 })).toEqual({ kind: 'patch', operations: [{ op: 'replace', path: '/long', value: [-1, ...long] }] });
    expect(diffViews(JSON.parse('{"__proto__":{"a":1}}') as JsonValue, JSON.parse('{"__proto__":{"a":2}}') as JsonValue).kind).toBe('whole');
  });

  test('knows what fits into a frame, in bytes', () => {
    expect(fitsInto('x'.repeat(900), 1_000)).toBe(true);
    expect(fitsInto('x'.repeat(1_100), 1_000)).toBe(false);
    expect(fitsInto('漢'.repeat(400), 1_000)).toBe(false);
    expect(fitsInto('漢'.repeat(300), 1_000)).toBe(true);
  });
});
