import { readFile, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { layout, type DevMesh } from '@raft-mesh/cli';
import { generateSigningKey, signingKey, signToken, type SigningKey, type Worker } from '@raft-mesh/mesh-node';
import { encodeFrames, limits, managerStatus, moveTokenOf, protocolVersion, type AgentSummary, type Hello, type MeshDescription, type WireMessage } from '@raft-mesh/protocol';
import { linksPath, subprotocol } from '@raft-mesh/transport-websocket';
import { withDevMesh } from './support/dev-mesh.ts';
import { connectAdmin } from './support/game.ts';
import { codeOf, helloWith, httpDoor, RawSocket, webSocketDoor, type Door, type RawLink } from './support/raw-link.ts';

// Everything here is thrown at one manager of a running mesh; each gets its typed error, and at the end the same process serves on.

const secret = 'a-resume-secret-of-the-test-000000000000000';
const nowSeconds = () => Math.floor(Date.now() / 1000);
let drawn = 0;
const fresh = (what: string) => `${what}-${drawn += 1}`;
const joinWith = (token: string) => helloWith({ kind: 'join', token, name: 'Eve', resumeSecret: secret });
const resumeAs = (agent: string, resumeSecret = secret) => helloWith({ kind: 'resume', agent: agent as AgentSummary['id'], resumeSecret });

interface Target {
  readonly mesh: DevMesh;
  readonly description: MeshDescription;
  /** Base address of the manager under attack. */
  readonly url: string;
  readonly doors: readonly Door[];
  /** A token signed with the mesh's own key: what no attacker has, to build what a right key and wrong claims give. */
  readonly forge: (claims: Readonly<Record<string, unknown>>, key?: SigningKey) => Promise<string>;
  readonly joinToken: (accessRole: 'worker' | 'spectator', permissions?: readonly string[]) => Promise<string>;
}

async function targetOf(mesh: DevMesh): Promise<Target> {
  const { description } = mesh;
  const url = description.managers[0]!.url;
  const records = join(layout.controlPlane(mesh.directory), 'records', 'meshes');
  const [record] = await readdir(records);
  const meshKey = signingKey.parse((JSON.parse((await readFile(join(records, record!), 'utf8')).split('\n')[0]!) as { value: { signingKey: unknown } }).value.signingKey);
  return {
    mesh, description, url, doors: [webSocketDoor(url, description), httpDoor(url, description)],
    forge: (claims, key = meshKey) => signToken(key, {
      use: 'join', mesh: description.mesh, incarnation: description.incarnation, jti: fresh('token'), sub: fresh('eve'), name: 'Eve', accessRole: 'worker', permissions: [], exp: nowSeconds() + 600, ...claims,
    }),
    joinToken: async (accessRole, permissions = []) => {
      const made = await mesh.client.createJoinToken(description.mesh, { name: 'Eve', accessRole, permissions: [...permissions] });
      if (!made.ok) throw new Error(made.problem.detail);
      return made.value.token;
    },
  };
}

/** A welcomed link of a new agent. */
async function welcomed({ joinToken }: Target, door: Door, accessRole: 'worker' | 'spectator' = 'worker'): Promise<{ readonly link: RawLink; readonly agent: string }> {
  const greeting = await door.greet(joinWith(await joinToken(accessRole)));
  if (greeting.link === null) throw new Error(`not welcomed: ${greeting.code}`);
  return greeting;
}

const withDamage = (token: string) => {
  const [head, body, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body!, 'base64url').toString()) as object;
  return [head, Buffer.from(JSON.stringify({ ...claims, accessRole: 'admin' })).toString('base64url'), signature].join('.');
};

async function wrongCredentials(target: Target, door: Door): Promise<void> {
  const { description, forge, joinToken, mesh } = target;
  const codeFor = async (hello: WireMessage) => {
    const { code, link } = await door.greet(hello);
    link?.end();
    return code;
  };
  const spent = await joinToken('worker');
  const greeting = await door.greet(joinWith(spent));
  expect(greeting.code).toBe('welcome');
  greeting.link?.end();
  const agent = 'agent' in greeting ? greeting.agent : '';
  const other = await mesh.client.createMesh({ app: description.app, managers: [{ id: description.managers[0]!.id, url: 'http://127.0.0.1:1' }] });
  if (!other.ok) throw new Error(other.problem.detail);
  const foreign = await mesh.client.createJoinToken(other.value.mesh.mesh, { name: 'Eve', accessRole: 'worker', permissions: [] });
  if (!foreign.ok) throw new Error(foreign.problem.detail);
  const credential = (await readFile(join(layout.manager(mesh.directory, 'm2'), 'credential'), 'utf8')).trim();
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${spent.split('.')[1]}.`;

  const cases: readonly (readonly [string, Hello | WireMessage, string])[] = [
    ['garbage', joinWith('garbage'), 'tokenInvalid'],
    ['three parts of garbage', joinWith('a.b.c'), 'tokenInvalid'],
    ['no algorithm', joinWith(unsigned), 'tokenInvalid'],
    ['another key', joinWith(await forge({}, generateSigningKey())), 'tokenForeign'],
    ['raised rights, old signature', joinWith(withDamage(await joinToken('worker'))), 'tokenForeign'],
    ['another mesh, with its own key', joinWith(foreign.value.token), 'tokenForeign'],
    ['another mesh, with this mesh\'s key', joinWith(await forge({ mesh: 'other' })), 'tokenForeign'],
    ['another life of the mesh', joinWith(await forge({ incarnation: description.incarnation + 1 })), 'wrongIncarnation'],
    ['expired', joinWith(await forge({ exp: nowSeconds() - 61 })), 'tokenExpired'],
    ['without an end', joinWith(await forge({ exp: undefined })), 'tokenInvalid'],
    ['a token for asking status', joinWith(await mesh.operateToken()), 'tokenInvalid'],
    ['a manager\'s credential', joinWith(credential), 'tokenInvalid'],
    ['the access role of a manager', joinWith(await forge({ accessRole: 'manager' })), 'tokenInvalid'],
    ['spent, by somebody else', helloWith({ kind: 'join', token: spent, name: 'Mallory', resumeSecret: 'another-secret' }), 'tokenSpent'],
    ['a guess at a private link', joinWith(moveTokenOf({ agent: agent as AgentSummary['id'], code: 'A'.repeat(43) })), 'tokenInvalid'],
    ['a private link to nobody', joinWith(moveTokenOf({ agent: 'nobody' as AgentSummary['id'], code: 'A'.repeat(43) })), 'tokenInvalid'],
    ['a wrong resume secret', resumeAs(agent, 'another-secret'), 'resumeRefused'],
    ['the resume secret of somebody else', resumeAs('nobody'), 'resumeRefused'],
    ['a wrong protocol version', { ...resumeAs(agent), protocolVersion: protocolVersion + 1 }, 'versionUnsupported'],
  ];
  const found = [];
  for (const [what, hello] of cases) found.push([what, await codeFor(hello)]);
  expect(found).toEqual(cases.map(([what, , code]) => [what, code]));
  expect((await door.greet(resumeAs(agent), { mesh: 'other', incarnation: 1 })).code).toBe('wrongMesh');
  expect((await door.greet(resumeAs(agent), { mesh: description.mesh, incarnation: description.incarnation + 1 })).code).toBe('wrongIncarnation');
}

const meta = { lastIndex: 1_000_000, lastTerm: 1_000_000, logTimeMs: 0, configuration: { voters: [], votersOutgoing: [], learners: [] }, sizeBytes: 3 };
const bytes = new Uint8Array([1, 2, 3]);
/** What only managers say to each other: to take over, to read the log, to be given a snapshot. */
const managerMessages: readonly WireMessage[] = [
  { type: 'voteRequest', term: 1_000_000, lastIndex: 1_000_000, lastTerm: 1_000_000, transfer: false },
  { type: 'preVoteRequest', term: 1_000_000, round: 1, lastIndex: 1_000_000, lastTerm: 1_000_000 },
  { type: 'appendRequest', term: 1_000_000, previousIndex: 0, previousTerm: 0, entries: [{ kind: 'command', term: 1_000_000, index: 1, logTimeMs: 0, data: bytes }], commitIndex: 1, logTimeMs: 0, readContext: 0 },
  { type: 'appendRejected', term: 1_000_000, previousIndex: 1, hintIndex: 0, hintTerm: 0, readContext: 0 },
  { type: 'readIndexRequest', term: 1, readId: 1 },
  { type: 'snapshotChunk', term: 1_000_000, snapshot: meta, offsetBytes: 0, data: bytes, done: true },
  { type: 'snapshotChunkResponse', term: 1, lastIndex: 1, nextOffsetBytes: 0, installed: false },
  { type: 'forwardProposal', forward: 1, record: bytes },
  { type: 'livenessReport', agents: [] },
  { type: 'managerReady' },
];

async function managersOnly(target: Target, door: Door): Promise<void> {
  const { link: first, agent } = await welcomed(target, door);
  first.end();
  const found = [];
  for (const message of managerMessages) {
    const { link } = await door.greet(resumeAs(agent));
    await link!.send(message);
    const answer = await link!.next();
    found.push([message.type, answer.type === 'error' && answer.fatal ? answer.code : answer]);
    link!.end();
  }
  expect(found).toEqual(managerMessages.map(({ type }) => [type, 'messageNotAllowed']));
  // Nobody is heard before a hello either. Over HTTP there is no link at all without one.
  const strangers = [];
  for (const message of managerMessages) strangers.push((await door.greet(message)).code);
  expect(new Set(strangers)).toEqual(new Set([door.name === 'http' ? 'messageNotAllowed' : 'notAuthenticated']));
}

/** A worker's own token, or a manager's credential without its key, does not make a manager. */
async function falseManagers({ url, description, joinToken, mesh }: Target): Promise<void> {
  const nonce = new Uint8Array(32).fill(7);
  const hello = (credential: string): WireMessage => ({ type: 'managerHello', protocolVersion, manager: 'm2' as never, managerIncarnation: 1, bootId: 'boot', credential, nonce });
  const worker = await RawSocket.open(url);
  worker.message(hello(await joinToken('worker')), description);
  expect(await worker.inbox.errorCode()).toBe('tokenInvalid');
  worker.close();

  const credential = (await readFile(join(layout.manager(mesh.directory, 'm2'), 'credential'), 'utf8')).trim();
  const borrowed = await RawSocket.open(url);
  borrowed.message(hello(credential), description);
  const challenge = await borrowed.inbox.next();
  if (challenge.type !== 'managerChallenge') throw new Error(`${challenge.type} instead of a challenge`);
  // The manager's own signature, thrown back at it.
  borrowed.message({ type: 'managerProof', signature: challenge.signature }, description);
  expect(await borrowed.inbox.errorCode()).toBe('tokenInvalid');
  borrowed.close();

  const hasty = await RawSocket.open(url);
  hasty.bytes(encodeFrames([hello(credential), managerMessages[0]!].map((message) => ({ ...description, message }))));
  expect(await hasty.inbox.errorCode()).toBe('notAuthenticated');
  hasty.close();
}

async function whatAWorkerMayNot(target: Target, door: Door): Promise<void> {
  for (const accessRole of ['worker', 'spectator'] as const) {
    const { link, agent } = await welcomed(target, door, accessRole);
    let sequence = 0;
    const command = async (module: string, name: string, args: object) => {
      await link.send({ type: 'command', sequence: sequence += 1, acknowledgedThrough: 0, module, command: name, arguments: args as never });
      const answer = await link.next();
      return answer.type === 'commandOutcome' && answer.outcome.status === 'refused' ? answer.outcome.refusal.code : answer.type;
    };
    expect(await command('nothing', 'put', {})).toBe('unknownModule');
    expect(await command('__proto__', 'toString', {})).toBe('unknownModule');
    expect(await command('documents', 'constructor', {})).toBe('unknownCommand');
    expect(await command('documents', 'put', { key: 'shared', value: 1 })).toBe('notAllowed');
    expect(await command('documents', 'put', { key: 'agents/somebody/private', value: 1 })).toBe('notAllowed');
    expect(await command('members', 'setPermissions', { agent, permissions: ['*'], accessRole: 'admin' })).toBe('notAllowed');
    expect(await command('members', 'admit', {})).toBe('notAllowed');
    expect(await command('sessions', 'open', { agent, session: 'mine' })).toBe('notAllowed');
    if (accessRole === 'spectator') {
      expect(await command('documents', 'put', { key: `agents/${agent}/note`, value: 1 })).toBe('notAllowed');
      expect(await command('mafia', 'start', { game: 1, phase: 'lobby', round: 0, options: {} })).toBe('notAllowed');
    } else {
      expect(await command('documents', 'put', { key: 1 })).toBe('invalidArguments');
    }
    await link.send({ type: 'query', request: 1, module: 'documents', query: '__proto__', arguments: {}, stale: true });
    expect(await link.next()).toMatchObject({ type: 'queryAnswer', result: { status: 'refused', refusal: { code: 'unknownQuery' } } });
    await link.send({ type: 'watch', watch: 1, module: 'documents', parameters: { prefix: 'x'.repeat(limits.readArgumentsBytesMax) }, knownVersion: 0 });
    expect(await link.next()).toMatchObject({ type: 'watchRefused', refusal: { code: 'invalidArguments' } });
    await link.send({ type: 'watch', watch: 1, module: 'sessions', parameters: null, knownVersion: 0 });
    expect(await link.next()).toMatchObject({ type: 'watchRefused', refusal: { code: 'noView' } });
    await link.send(joinWith('again'));
    expect(await link.errorCode()).toBe('alreadyAuthenticated');
    link.end();
  }
}

/** Whoever is shut out loses the link at once, and does not come back, neither with the secret nor with a new token. */
async function shutOut(target: Target, door: Door, admin: Worker): Promise<void> {
  const { link, agent } = await welcomed(target, door);
  expect(await admin.send('members', 'revoke', { agent })).toMatchObject({ status: 'committed' });
  expect(await link.next()).toMatchObject({ type: 'error', code: 'credentialRevoked', fatal: true });
  link.end();
  expect((await door.greet(resumeAs(agent))).code).toBe('credentialRevoked');
  expect((await door.greet(joinWith(await target.forge({ sub: agent })))).code).toBe('credentialRevoked');
  expect((await door.greet(resumeAs(agent, 'another-secret'))).code).toBe('resumeRefused');
}

function* pseudoRandom(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

async function brokenFrames(target: Target): Promise<void> {
  const { url, description, doors: [door] } = target;
  const codeFor = async (data: Uint8Array | string) => {
    const socket = await RawSocket.open(url);
    socket.bytes(data);
    const code = await socket.inbox.errorCode();
    socket.close();
    return code;
  };
  const heartbeat = encodeFrames([{ ...description, message: { type: 'heartbeat', beat: 1 } }]);
  // Its last three bytes are the code, the beat, and a round trip that is not known.
  const withCode = (code: number) => { const copy = new Uint8Array(heartbeat); copy[heartbeat.length - 3] = code; return copy; };
  const bin = (sizeBytes: number) => { const data = new Uint8Array(sizeBytes + 5); data.set([0xc6]); new DataView(data.buffer).setUint32(1, sizeBytes); return data; };
  expect(await codeFor('{"type":"hello"}')).toBe('malformedFrame');
  expect(await codeFor(new Uint8Array())).toBe('malformedFrame');
  expect(await codeFor(new Uint8Array([0xc1]))).toBe('malformedFrame');
  expect(await codeFor(heartbeat.subarray(0, heartbeat.length - 1))).toBe('malformedFrame');
  // A length of 4 GiB that is only claimed.
  expect(await codeFor(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]))).toBe('malformedFrame');
  expect(await codeFor(withCode(127))).toBe('unknownMessage');
  expect(await codeFor(withCode(2 + 1))).toBe('invalidMessage');
  expect(await codeFor(bin(limits.frameBytesMax))).toBe('frameTooLarge');
  expect(await codeFor(bin(limits.messageBytesMax))).toBe('closed with 1009');
  const random = pseudoRandom(20_26);
  for (let round = 0; round < 40; round += 1) {
    const data = Uint8Array.from({ length: 1 + random.next().value % 300 }, () => random.next().value >>> 24);
    expect(['malformedFrame', 'unknownMessage', 'invalidMessage']).toContain(await codeFor(data));
  }

  // The same from a worker that was welcomed: what can be told apart costs it nothing, what cannot, its link.
  const { link, agent } = await welcomed(target, door!);
  link.end();
  for (const [data, code, isFatal] of [[withCode(127), 'unknownMessage', false], [withCode(3), 'invalidMessage', false], [new Uint8Array([0xc1]), 'malformedFrame', true], ['text', 'malformedFrame', true], [bin(limits.frameBytesMax), 'frameTooLarge', true]] as const) {
    const socket = await RawSocket.open(url);
    socket.message(resumeAs(agent), description);
    expect(await socket.inbox.next()).toMatchObject({ type: 'welcome' });
    socket.bytes(data);
    expect(await socket.inbox.next()).toMatchObject({ type: 'error', code, fatal: isFatal });
    // A frame for another mesh on the same connection reaches nobody.
    socket.message({ type: 'heartbeat', beat: 1 }, { mesh: 'other', incarnation: 1 });
    if (!isFatal) expect(await socket.inbox.next()).toMatchObject({ type: 'error', code: 'wrongMesh', fatal: true });
    socket.close();
  }
}

async function brokenRequests({ url, mesh, description, joinToken }: Target): Promise<void> {
  const links = `${url}/api/v1/meshes/${description.mesh}/links`;
  const post = async (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }, to = links) => {
    // A connection of its own each time: one whose body was not read may be closed.
    const response = await fetch(to, { method: 'POST', headers: { ...headers, connection: 'close' }, body });
    return `${response.status} ${await codeOf(response)}`;
  };
  expect(await post(`"${'x'.repeat(limits.frameBytesMax)}"`)).toBe('413 frameTooLarge');
  expect(await post('{}', { 'content-type': 'text/plain' })).toBe('415 malformedFrame');
  expect(await post('{"mesh":')).toBe('400 malformedFrame');
  expect(await post('[]')).toBe('400 malformedFrame');
  expect(await post('['.repeat(100_000))).toBe('400 malformedFrame');
  expect(await post(JSON.stringify({ mesh: description.mesh, incarnation: 1, message: { type: '__proto__' } }))).toBe('400 unknownMessage');
  expect(await post(JSON.stringify({ mesh: description.mesh, incarnation: 1, message: { type: 'hello' } }))).toBe('400 invalidMessage');
  expect(await post(JSON.stringify({ mesh: 'other', incarnation: 1, message: { type: 'heartbeat', beat: 1 } }))).toBe('404 wrongMesh');
  expect(await post('{"frames":[]}', { 'content-type': 'application/json', authorization: 'Bearer wrong' }, `${links}/none/messages`)).toBe('401 notAuthenticated');

  const token = await joinToken('worker');
  const asked = async (address: string, init: RequestInit = {}) => {
    const response = await fetch(address, { ...init, headers: { authorization: `Bearer ${token}` } });
    return `${response.status} ${await codeOf(response)}`;
  };
  // A worker's token opens neither the status nor the snapshots, and the log has no address at all.
  expect(await asked(`${url}/api/v1/meshes/${description.mesh}/status`)).toBe('401 tokenInvalid');
  const kept = `${mesh.controlPlaneUrl}/api/v1/meshes/${description.mesh}`;
  expect(await asked(`${kept}/snapshots/latest`)).toBe('401 notAuthenticated');
  expect(await asked(`${kept}/snapshots/latest/meta`)).toBe('401 notAuthenticated');
  expect(await asked(`${kept}/snapshots`, { method: 'PUT', body: 'state' })).toBe('401 notAuthenticated');
  expect(await asked(`${kept}/join-tokens`, { method: 'POST', body: '{}' })).toBe('401 notAuthenticated');
  expect(await asked(kept)).toBe('401 notAuthenticated');
}

/** Sends bytes to a port; resolves with the whole answer, once the other side has closed the connection. */
function rawRequest(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (data: Buffer) => { answer += data.toString('latin1'); });
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve(answer));
  });
}

async function brokenUpgrades({ url, mesh }: Target): Promise<void> {
  const upgrade = (path: string, more = '') => rawRequest(url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n${more}\r\n`);
  // Targets that are no URL.
  for (const path of ['//', 'http://', '/\\\\[', '*']) expect(await upgrade(path)).toMatch(/^HTTP\/1\.1 40[04] /);
  expect(await upgrade('/elsewhere')).toMatch(/ 404 /);
  expect(await upgrade(linksPath, 'Origin: https://evil.example\r\n')).toMatch(/ 403 /);
  expect(await upgrade(linksPath, 'Origin: null\r\n')).toMatch(/ 403 /);
  expect(await upgrade(linksPath, 'Origin: %%%\r\n')).toMatch(/ 403 /);
  const adminKey = (await readFile(layout.adminKey(mesh.directory), 'utf8')).trim();
  for (const part of [url, mesh.controlPlaneUrl]) {
    for (const path of ['//', '/%', '/%00', '/%E0%A4%A', '/..%2f..%2fadmin-key', '/../../admin-key', '/%2e%2e/%2e%2e/admin-key', '/assets/..%5c..%5cadmin-key', '/api/v1/meshes/..%2f..%2fadmin-key']) {
      const answer = await rawRequest(part, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect([path, answer.split('\r\n')[0]]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 (200|400|401|404) /)]);
      expect(answer).not.toContain(adminKey);
    }
    expect(await rawRequest(part, 'GET / HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    expect(await rawRequest(part, '\u0000\u0001garbage\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  }
}

async function statusOf({ url, mesh, description }: Target) {
  const response = await fetch(`${url}/api/v1/meshes/${description.mesh}/status`, { headers: { authorization: `Bearer ${await mesh.operateToken()}` } });
  return managerStatus.parse(await response.json());
}

async function attack(target: Target, good: Worker): Promise<void> {
  expect(await good.send('documents', 'put', { key: 'before', value: 1 })).toMatchObject({ status: 'committed' });
  const before = await statusOf(target);

  await brokenUpgrades(target);
  await brokenFrames(target);
  await brokenRequests(target);
  await falseManagers(target);
  for (const door of target.doors) {
    await wrongCredentials(target, door);
    await managersOnly(target, door);
    await whatAWorkerMayNot(target, door);
    await shutOut(target, door, good);
  }

  const after = await statusOf(target);
  expect({ pid: after.pid, bootId: after.bootId, term: after.term, leader: after.leader }).toEqual({ pid: before.pid, bootId: before.bootId, term: before.term, leader: before.leader });
  expect(await good.send('documents', 'put', { key: 'after', value: 2 })).toMatchObject({ status: 'committed' });
  for (const door of target.doors) {
    const { link, agent } = await welcomed(target, door);
    await link.send({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: { key: `agents/${agent}/note`, value: 'still here' } });
    expect(await link.next()).toMatchObject({ type: 'commandOutcome', outcome: { status: 'committed' } });
    link.end();
  }
}

test('whatever a stranger or a worker throws at a manager gets its typed error, and the manager serves on', async () => {
  await withDevMesh({ bots: 0 }, async (mesh) => {
    const target = await targetOf(mesh);
    const good: Worker = await connectAdmin(mesh, 'good');
    try {
      await attack(target, good);
    } finally {
      await good.close();
    }
  });
}, 60_000);
