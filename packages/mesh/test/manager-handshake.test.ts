import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Manager } from '@raft-mesh/mesh';
import type { BootId, ManagerId, ManagerIdentity, ManagerToManager, MeshId } from '@raft-mesh/protocol';
import { nodeIdOf, protocolVersion } from '@raft-mesh/protocol';
import { MemoryManagerStore, RecordingLog, SeededRandom, TestIssuer, emptyPersistedState } from '@raft-mesh/testkit';
import { Handshake } from '../src/manager/manager-handshake.ts';
import type { HandshakeOptions, ManagerHello } from '../src/manager/manager-handshake.ts';
import { Cluster, RawClient, app, mesh } from './manager-cluster.ts';

const issuer = new TestIssuer(mesh);
const identityOf = (manager: string, changes: Partial<ManagerIdentity> = {}): ManagerIdentity => ({ ...mesh, manager: manager as ManagerId, managerIncarnation: 1, ...changes });

function side(identity: ManagerIdentity, seed: number, changes: Partial<HandshakeOptions> = {}): HandshakeOptions {
  return { identity, bootId: `boot-${seed}` as BootId, authority: issuer.authorityFor(identity), random: new SeededRandom(seed), isMember: () => true, appliedIndex: () => 7, ...changes };
}

const m1 = side(identityOf('m1'), 1);
const m2 = side(identityOf('m2'), 2);

describe('the handshake between managers', () => {
  test('proves each to the other', async () => {
    const dialer = new Handshake(m1);
    const answered = await new Handshake(m2).answerHello(dialer.hello());
    if (!answered.ok) throw new Error(answered.error.message);
    const proved = await dialer.answerChallenge(nodeIdOf('m2' as ManagerId, 1), answered.challenge);
    if (!proved.ok) throw new Error(proved.error.message);
    expect(proved.peer).toMatchObject({ node: 'm2:1', bootId: 'boot-2' });
    expect(await answered.checkProof(proved.proof)).toMatchObject({ ok: true, peer: { node: 'm1:1', bootId: 'boot-1' } });
  });

  const refusedHellos: readonly [string, () => HandshakeOptions, Partial<ManagerHello>, string][] = [
    ['speaks another version', () => m1, { protocolVersion: protocolVersion + 1 }, 'versionUnsupported'],
    ['has a short nonce', () => m1, { nonce: new Uint8Array(8) }, 'invalidMessage'],
    ['brings the credential of another manager', () => m1, { credential: m2.authority.credential }, 'notAllowed'],
    ['claims another incarnation than its credential', () => m1, { managerIncarnation: 2 }, 'notAllowed'],
    ['brings no credential', () => m1, { credential: 'nonsense' }, 'tokenInvalid'],
    ['is of another mesh', () => side(identityOf('m1', { mesh: 'other' as MeshId }), 3), {}, 'tokenForeign'],
    ['is of an older life of the mesh', () => side(identityOf('m1', { incarnation: 2 }), 3), {}, 'tokenForeign'],
    ['is the listener itself', () => m2, {}, 'notAllowed'],
  ];
  test.each(refusedHellos)('refuses a dialer that %s', async (_, dialer, changes, code) => {
    const answered = await new Handshake(m2).answerHello({ ...new Handshake(dialer()).hello(), ...changes });
    expect(answered).toMatchObject({ ok: false, error: { code } });
  });

  test('refuses a manager that is not in the configuration', async () => {
    const answered = await new Handshake({ ...m2, isMember: () => false }).answerHello(new Handshake(m1).hello());
    expect(answered).toMatchObject({ ok: false, error: { code: 'credentialRevoked', configurationIndex: 7 } });
  });

  test('a proof is good for its own meeting only', async () => {
    const dialer = new Handshake(m1);
    const [first, second] = [await new Handshake({ ...m2, random: new SeededRandom(7) }).answerHello(dialer.hello()), await new Handshake({ ...m2, random: new SeededRandom(8) }).answerHello(dialer.hello())];
    if (!first.ok || !second.ok) throw new Error('both should have been answered');
    const proved = await dialer.answerChallenge(nodeIdOf('m2' as ManagerId, 1), first.challenge);
    if (!proved.ok) throw new Error(proved.error.message);
    expect(await second.checkProof(proved.proof)).toMatchObject({ ok: false, error: { code: 'tokenInvalid' } });
    const changedBoot = { ...second.challenge, bootId: 'another boot' };
    expect(await dialer.answerChallenge(nodeIdOf('m2' as ManagerId, 1), changedBoot)).toMatchObject({ ok: false, error: { code: 'tokenInvalid' } });
  });

  test('refuses a listener that is not the one who was dialled', async () => {
    const dialer = new Handshake(m1);
    const answered = await new Handshake(m2).answerHello(dialer.hello());
    if (!answered.ok) throw new Error(answered.error.message);
    expect(await dialer.answerChallenge(nodeIdOf('m3' as ManagerId, 1), answered.challenge)).toMatchObject({ ok: false, error: { code: 'notAllowed' } });
  });
});

describe('at a running manager', () => {
  let c: Cluster;
  beforeEach(async () => {
    c = new Cluster();
    await c.start();
  });
  afterEach(() => c.stop());

  /** Says hello as m3 in some life, and gives what comes back. */
  function helloFrom(identity: ManagerIdentity) {
    const client = new RawClient(c, c.leader!.url, 'stranger');
    const options = side(identity, 9);
    client.send(new Handshake(options).hello());
    return { client, options };
  }

  test('59. Raft messages before the proof never reach Raft', async () => {
    const leader = c.leader!;
    const { term } = leader.manager.status();
    const { client } = helloFrom({ ...c.follower.identity });
    await client.next('managerChallenge');
    client.send({ type: 'voteRequest', term: term + 50, lastIndex: 10_000, lastTerm: term + 49, transfer: false });
    expect(await client.endCode()).toBe('notAuthenticated');
    expect(leader.manager.status()).toMatchObject({ term, role: 'leader' });
  });

  test('a false proof is refused', async () => {
    const { client } = helloFrom({ ...c.follower.identity });
    await client.next('managerChallenge');
    client.send({ type: 'managerProof', signature: new Uint8Array(32) } satisfies ManagerToManager);
    expect(await client.endCode()).toBe('tokenInvalid');
  });

  test('34. a manager that was wiped cannot come back under a new incarnation by itself, nor speak for its old one', async () => {
    const wiped = c.follower;
    c.crash(wiped);
    const { client } = helloFrom({ ...wiped.identity, managerIncarnation: 2 });
    expect(await client.endCode()).toBe('credentialRevoked');
    const configuration = { voters: c.nodes.map((node) => ({ id: nodeIdOf(node.identity.manager, 1), address: node.url })), votersOutgoing: [], learners: [] };
    const identity = { ...wiped.identity, managerIncarnation: 2 };
    const stranger = new Manager({
      identity, url: wiped.url, app, store: new MemoryManagerStore(emptyPersistedState(configuration)), dialer: c.network.dialer(wiped.url), authority: c.issuer.authorityFor(identity),
      clock: c.clock, random: new SeededRandom(77), log: new RecordingLog(), pid: 1, onStopped: () => {},
    });
    const { term } = c.leader!.manager.status();
    await stranger.start();
    await c.clock.advance(3_000);
    expect(c.leader!.manager.status().term).toBe(term);
    c.network.kill(wiped.url);
    await stranger.stop();
  });

  test('a worker sends no manager message, and a manager no worker message', async () => {
    const { client, options } = helloFrom({ ...c.follower.identity });
    const challenge = await client.next('managerChallenge');
    expect(challenge.manager).toBe(c.leader!.identity.manager);
    client.send({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'tally', command: 'add', arguments: { by: 1 } });
    expect(await client.endCode()).toBe('notAuthenticated');
    expect(options.identity.manager).toBe(c.follower.identity.manager);
  });

  test('links that break are dialled again, and nothing changes for anyone', async () => {
    const { term, leader } = c.leader!.manager.status();
    const client = c.client(c.follower);
    await client.join('ada');
    for (let round = 1; round <= 5; round += 1) {
      for (const a of c.nodes) for (const b of c.nodes) if (a.url < b.url) c.network.breakLinks(a.url, b.url);
      client.command(round, 'add', { by: 1 });
      expect(await client.outcome(round)).toMatchObject({ answer: round });
    }
    await c.clock.advance(2_000);
    expect(c.leader!.manager.status()).toMatchObject({ term, leader });
    expect(client.all('commandRetry')).toEqual([]);
  });

  test('a peer that only seems to be linked is dialled anew, and its next life is found at once', async () => {
    const leader = c.leader!;
    const silent = c.follower;
    c.network.cut(leader.url, silent.url);
    await c.clock.advance(5_000);
    expect(leader.log.has('does not answer')).toBe(true);
    // While nothing gets through it dies and starts again: of its old links no end was ever seen.
    c.crash(silent);
    c.network.heal();
    await c.startNode(silent);
    await c.untilLeader();
    await c.untilSame();
    const client = c.client(silent);
    await client.join('ada');
    client.command(1, 'add', { by: 1 });
    expect(await client.outcome(1)).toMatchObject({ status: 'committed' });
  });
});
