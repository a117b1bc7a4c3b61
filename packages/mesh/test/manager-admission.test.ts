import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MemoryLink } from '@raft-mesh/testkit';
import { TestIssuer } from '@raft-mesh/testkit';
import type { MeshId, WireMessage } from '@raft-mesh/protocol';
import { encodeFrames, limits, protocolVersion } from '@raft-mesh/protocol';
import type { AgentId, SessionId } from '@raft-mesh/state-machine';
import { Cluster, RawClient, mesh } from './manager-cluster.ts';

let c: Cluster;
beforeEach(async () => {
  c = new Cluster();
  await c.start();
});
afterEach(() => c.stop());

const ada = 'ada' as AgentId;

/** The manager serves on: a fresh worker gets in and its command is committed. */
async function servesOn(): Promise<void> {
  const client = c.client(c.leader!, 'a well-behaved worker');
  await client.join('well-behaved');
  client.command(1, 'add', { by: 1 });
  expect(await client.outcome(1)).toMatchObject({ status: 'committed' });
}

describe('a join token', () => {
  test.each([
    ['is no token', () => 'nonsense', 'tokenInvalid'],
    ['is signed by another control plane', () => new TestIssuer(mesh, { key: 'another' }).joinToken({ sub: ada }), 'tokenInvalid'],
    ['has expired', () => c.issuer.joinToken({ sub: ada, exp: c.issuer.nowSeconds - 61 }), 'tokenExpired'],
    ['is for another mesh', () => c.issuer.joinToken({ sub: ada, mesh: 'other' as MeshId }), 'tokenForeign'],
    ['is for another incarnation', () => c.issuer.joinToken({ sub: ada, incarnation: 7 }), 'tokenForeign'],
    ['is a token for something else', () => c.issuer.operateToken(), 'tokenInvalid'],
  ])('that %s is refused', async (_, token, code) => {
    const client = c.client(c.follower);
    client.helloByToken(token());
    expect(await client.endCode()).toBe(code);
    await servesOn();
  });

  test('that just expired is taken: clocks differ', async () => {
    const client = c.client(c.follower);
    client.helloByToken(c.issuer.joinToken({ sub: ada, exp: c.issuer.nowSeconds - 30 }));
    expect((await client.next('welcome')).agent).toBe(ada);
  });

  test('admits once: with another secret it is spent, with the same one the answer was only lost', async () => {
    const token = c.issuer.joinToken({ sub: ada });
    const first = c.client(c.follower, 'first');
    first.helloByToken(token, { secret: 'right' });
    await first.next('welcome');
    const thief = c.client(c.leader!, 'thief');
    thief.helloByToken(token, { secret: 'wrong' });
    expect(await thief.endCode()).toBe('tokenSpent');
    const again = c.client(c.leader!, 'again');
    again.helloByToken(token, { secret: 'right' });
    expect((await again.next('welcome')).agent).toBe(ada);
  });

  test('is never logged, nor the secret', async () => {
    const token = c.issuer.joinToken({ sub: ada });
    const client = c.client(c.leader!);
    client.helloByToken(token, { secret: 'my-resume-secret' });
    await client.next('welcome');
    const logged = JSON.stringify(c.nodes.map((node) => node.log.events));
    expect(logged).not.toContain(token);
    expect(logged).not.toContain('my-resume-secret');
  });
});

describe('a resume', () => {
  test('is taken at every manager, also one that has not heard of the agent yet', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    for (const node of c.up) {
      const other = c.client(node, `other link to ${node.url}`);
      await other.resume('ada');
      expect(other.all('welcome')[0]).toMatchObject({ agent: 'ada', session: 'session-1', leader: c.leader!.identity.manager, manager: node.identity.manager });
    }
  });

  test.each([['a wrong secret', 'ada', 'wrong'], ['an unknown agent', 'nobody', 'secret of nobody']])('with %s is refused', async (_, agent, secret) => {
    await c.client(c.leader!).join('ada');
    const client = c.client(c.follower, 'second');
    client.helloAgain(agent, { secret });
    expect(await client.endCode()).toBe('resumeRefused');
  });

  test('opens the session when it is new, and says when it has expired', async () => {
    await c.client(c.leader!).join('ada');
    const client = c.client(c.follower, 'second');
    client.helloAgain('ada', { secret: 'secret of ada', session: 'long-gone', opened: true });
    expect(await client.next('error')).toMatchObject({ code: 'sessionExpired', fatal: false });
    client.helloAgain('ada', { secret: 'secret of ada', session: 'fresh', opened: false });
    expect((await client.next('welcome')).session).toBe('fresh');
    client.command(1, 'add', { by: 2 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed', answer: 2 });
  });

  test('replaces the older link of the same agent at this manager', async () => {
    const first = c.client(c.follower, 'first');
    await first.join('ada');
    const second = c.client(c.follower, 'second');
    await second.resume('ada');
    expect(await first.endCode()).toBe('replaced');
    second.command(1, 'add', { by: 2 });
    expect(await second.outcome(1)).toMatchObject({ status: 'committed' });
  });

  test('given up for a newer one is not taken for the newer when it arrives after it', async () => {
    const [newer, older, restarted] = ['newer', 'older', 'restarted'].map((name) => c.client(c.follower, name)) as [RawClient, RawClient, RawClient];
    await c.client(c.follower).join('ada');
    const hello = (client: RawClient, life: string, number: number): void => client.helloAgain('ada', { secret: 'secret of ada', link: { life, number } });
    hello(newer, 'life-1', 2);
    await newer.next('welcome');
    hello(older, 'life-1', 1);
    expect(await older.endCode()).toBe('replaced');
    newer.command(1, 'add', { by: 1 });
    expect(await newer.outcome(1)).toMatchObject({ status: 'committed' });
    // Another run of the same program counts from the beginning.
    hello(restarted, 'life-2', 1);
    await restarted.next('welcome');
    expect(await newer.endCode()).toBe('replaced');
  });

  test('of an agent that was shut out is refused, and its links are closed', async () => {
    const client = c.client(c.follower, 'first');
    await client.join('ada');
    const admin = c.client(c.leader!, 'admin');
    await admin.join('boss', { accessRole: 'admin' });
    admin.send({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'members', command: 'revoke', arguments: { agent: 'ada' } });
    expect(await client.endCode()).toBe('credentialRevoked');
    const again = c.client(c.leader!, 'again');
    again.helloAgain('ada', { secret: 'secret of ada' });
    expect(await again.endCode()).toBe('credentialRevoked');
  });
});

describe('a link that has not been welcomed', () => {
  test('is closed after five seconds of silence', async () => {
    const client = c.client(c.leader!);
    await c.clock.advance(4_900);
    expect(client.end).toBeNull();
    await c.clock.advance(200);
    expect(await client.endCode()).toBe('notAuthenticated');
  });

  test.each<[string, WireMessage]>([
    ['a command', { type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'tally', command: 'add', arguments: { by: 1 } }],
    ['a watch', { type: 'watch', watch: 1, module: 'tally', parameters: null, knownVersion: 0 }],
    ['a Raft message', { type: 'voteRequest', term: 99, lastIndex: 99, lastTerm: 99, transfer: false }],
    ['a forwarded record', { type: 'forwardProposal', forward: 1, record: new Uint8Array(3) }],
  ])('may not send %s', async (_, message) => {
    const { term } = c.leader!.manager.status();
    const client = c.client(c.leader!);
    client.send(message);
    expect(await client.endCode()).toBe('notAuthenticated');
    await servesOn();
    expect(c.leader!.manager.status().term).toBe(term);
  });

  test('that speaks another version is told so', async () => {
    const client = c.client(c.leader!);
    client.send({ type: 'hello', protocolVersion: protocolVersion + 1, agentKind: 'cli', credential: { kind: 'resume', agent: ada, resumeSecret: 'x' }, session: { id: 'session-1' as SessionId, opened: true } });
    expect(await client.endCode()).toBe('versionUnsupported');
  });
});

describe('a worker', () => {
  test.each<[string, WireMessage]>([
    ['asks for votes', { type: 'voteRequest', term: 99, lastIndex: 99, lastTerm: 99, transfer: false }],
    ['appends', { type: 'appendRequest', term: 99, previousIndex: 0, previousTerm: 0, entries: [], commitIndex: 0, logTimeMs: 0, readContext: 0 }],
    ['asks for a snapshot', { type: 'snapshotChunkResponse', term: 99, lastIndex: 0, nextOffsetBytes: 0, installed: false }],
    ['proposes a record', { type: 'forwardProposal', forward: 1, record: new Uint8Array(3) }],
    ['reports who is alive', { type: 'livenessReport', agents: [] }],
    ['plays the manager', { type: 'commandOutcome', sequence: 1, outcome: { status: 'committed', index: 1, answer: null } }],
  ])('that %s is thrown out, and Raft hears nothing of it', async (_, message) => {
    const client = c.client(c.leader!);
    await client.join('ada');
    const { term, lastIndex } = c.leader!.manager.status();
    client.send(message);
    expect(await client.endCode()).toBe('messageNotAllowed');
    expect(c.leader!.manager.status()).toMatchObject({ term, lastIndex });
    await servesOn();
  });

  test.each([
    ['random bytes', () => Uint8Array.from({ length: 300 }, (_, at) => (at * 7919) % 256), 'malformedFrame'],
    ['half a frame', () => encodeFrames([{ ...mesh, message: { type: 'heartbeat', beat: 1 } }]).slice(0, -1), 'malformedFrame'],
    ['too much at once', () => new Uint8Array(limits.messageBytesMax + 1), 'frameTooLarge'],
    ['a frame of another mesh', () => encodeFrames([{ mesh: 'other' as MeshId, incarnation: 1, message: { type: 'heartbeat', beat: 1 } }]), 'wrongMesh'],
  ])('that sends %s gets its typed error and no more', async (_, bytes, code) => {
    const client = c.client(c.leader!);
    await client.join('ada');
    (client.link as MemoryLink).sendBytes(bytes());
    expect(await client.endCode()).toBe(code);
    await servesOn();
  });

  test('whose dial names a wrong incarnation never gets a link', async () => {
    const client = new RawClient(c, c.leader!.url, 'client', { ...mesh, incarnation: 2 });
    expect(await client.endCode()).toBe('wrongIncarnation');
  });

  test('gets a final refusal for what is unknown or not allowed, and goes on', async () => {
    const client = c.client(c.follower);
    await client.join('watcher', { accessRole: 'spectator' });
    client.command(1, 'noSuchCommand', {});
    client.send({ type: 'command', sequence: 2, acknowledgedThrough: 0, module: 'members', command: 'setStatus', arguments: { changes: [] } });
    expect(await client.outcome(1)).toMatchObject({ status: 'refused', refusal: { code: 'unknownCommand' } });
    expect(await client.outcome(2)).toMatchObject({ status: 'refused', refusal: { code: 'notAllowed' } });
  });

  test('that says hello twice is told that it need not', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    client.helloAgain('ada', { secret: 'secret of ada' });
    expect(await client.next('error')).toMatchObject({ code: 'alreadyAuthenticated', fatal: false });
    client.send({ type: 'heartbeat', beat: 5 });
    expect(await client.next('heartbeatAck')).toMatchObject({ beat: 5, leader: c.leader!.identity.manager });
  });

  test('that leaves a gap, or sends too much, is told to send again, and no number is lost', async () => {
    const client = c.client(c.follower);
    await client.join('ada');
    client.command(3, 'add', { by: 1 });
    expect(await client.next('commandRetry')).toMatchObject({ sequence: 3, refusal: { code: 'sequenceGap' }, nextSequence: 1 });
    client.command(1, 'add', { by: 1, padding: 'x'.repeat(limits.commandBytesMax) });
    expect(await client.next('commandRetry', (message) => message.sequence === 1)).toMatchObject({ refusal: { code: 'commandTooLarge' } });
    for (const sequence of [1, 2, 3]) client.command(sequence, 'add', { by: 1 });
    expect(await client.outcome(3)).toMatchObject({ answer: 3 });
  });

  test('that uses a number again for something else is refused; for the same, answered as before', async () => {
    const client = c.client(c.leader!);
    await client.join('ada');
    client.command(1, 'add', { by: 1 });
    const first = await client.outcome(1);
    client.received.length = 0;
    client.command(1, 'add', { by: 1 });
    expect(await client.outcome(1)).toEqual(first);
    client.received.length = 0;
    client.command(1, 'add', { by: 2 });
    expect(await client.outcome(1)).toMatchObject({ status: 'refused', refusal: { code: 'sequenceReused' } });
  });
});
