import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@raft-mesh/cli';
import { openFirestoreStore } from '@raft-mesh/control-plane';
import { createControlPlaneClient, generateSigningKey, type ControlPlaneClient, type Result } from '@raft-mesh/mesh-node';
import type { ManagerId, control } from '@raft-mesh/protocol';
import { findFirestoreEmulator, startFirestoreEmulator, type FirestoreEmulator } from '@raft-mesh/testkit/firestore-emulator';
import { meshCommand, startLasting } from './support/processes.ts';

// Two control planes side by side on one Firestore emulator, each killed again and again in the midst of its work. Whatever was asked for is there
// afterwards, once; whatever was answered holds.

const kills = 6;
const askers = 3;
const retryForMs = 60_000;
const source = findFirestoreEmulator();

class Copy {
  readonly url: string;
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string>>;
  #running: { readonly child: ChildProcess; readonly exited: Promise<number | null> } | null = null;

  constructor(root: string, port: number, environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
    this.url = `http://127.0.0.1:${port}`;
    this.directory = join(root, String(port));
  }

  async start(): Promise<void> {
    const args = ['control-plane', 'start', '--data-dir', this.directory, '--port', new URL(this.url).port, '--firestore-project', 'demo-two-copies', '--log-level', 'error', '--json'];
    this.#running = await startLasting(process.execPath, [meshCommand, ...args], this.#environment);
  }

  async kill(): Promise<void> {
    this.#running?.child.kill('SIGKILL');
    await this.#running?.exited;
    this.#running = null;
  }
}

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** What one asker was told. */
interface Told {
  readonly mesh: string;
  readonly second: string;
  readonly agents: readonly string[];
  readonly code: string;
}

if (!source.available) {
  test.skip(`two control planes on one Firestore (not here: ${source.reason})`, () => {});
} else {
  let root: string;
  let emulator: FirestoreEmulator;
  let copies: readonly [Copy, Copy];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'raft-mesh-two-control-planes-'));
    emulator = await startFirestoreEmulator(source);
    const environment = { FIRESTORE_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' };
    Object.assign(process.env, environment);
    const [one = 0, two = 0] = await freePorts(2);
    copies = [new Copy(root, one, environment), new Copy(root, two, environment)];
    await Promise.all(copies.map((copy) => copy.start()));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(copies.map((copy) => copy.kill()));
    await emulator.stop();
    await rm(root, { recursive: true, force: true });
  });

  test('two control planes killed in turn while meshes are made and joined: nothing is lost, nothing is there twice', async () => {
    const urls = copies.map(({ url }) => url);
    const bootstrap = createControlPlaneClient({ url: urls[0]!, adminKey: (await readFile(join(copies[0].directory, 'admin-key'), 'utf8')).trim(), retryForMs });
    // One key for both copies: each has an admin key of its own, and API keys are kept in Firestore.
    const { secret } = valueOf(await bootstrap.createKey({ name: 'test', accessRole: 'admin' }));

    let cut = 0;
    const cutCounting: typeof fetch = async (...args) => {
      try {
        return await plainFetch(...args);
      } catch (error) {
        cut += 1;
        throw error;
      }
    };
    const plainFetch = globalThis.fetch;
    globalThis.fetch = cutCounting;
    const told: Told[] = [];
    const over = new AbortController();
    const asker = async (number: number) => {
      // Each begins with another copy.
      const client = createControlPlaneClient({ url: number % 2 === 0 ? urls : urls.toReversed(), adminKey: secret, retryForMs });
      while (!over.signal.aborted) told.push(await makeAndJoin(client));
    };
    const killer = async () => {
      for (let kill = 0; kill < kills; kill += 1) {
        const before = told.length;
        const victim = copies[kill % 2]!;
        await victim.kill();
        await victim.start();
        // The other is killed when this one has been of use again.
        while (told.length === before && !over.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      over.abort();
    };
    try {
      await Promise.all([killer(), ...Array.from({ length: askers }, (_, number) => asker(number))]);
    } finally {
      over.abort();
      globalThis.fetch = plainFetch;
    }
    expect(told.length).toBeGreaterThanOrEqual(kills);
    // It was in the midst of something.
    expect(cut).toBeGreaterThan(0);
    await check(createControlPlaneClient({ url: urls, adminKey: secret, retryForMs }), told);
  }, 240_000);

  /** A mesh with one manager, a second one that joins, and two agents by invitation. */
  async function makeAndJoin(client: ControlPlaneClient): Promise<Told> {
    const { mesh, setupTokens } = valueOf(await client.createMesh({ app: 'a', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }] }));
    // The secret that was answered is the one that is kept.
    valueOf(await client.enrolManager(mesh.mesh, 'm1', generateSigningKey().x, setupTokens[0]!.setupToken));
    const registered = valueOf(await client.registerManager(mesh.mesh, { url: 'http://127.0.0.1:2' }));
    valueOf(await client.enrolManager(mesh.mesh, registered.manager.id, generateSigningKey().x, registered.setupToken));
    const invitation = valueOf(await client.createInvitation(mesh.mesh, { accessRole: 'worker', permissions: [], usesMax: 3 }));
    const agents = [valueOf(await client.redeemInvitation(invitation.code, 'Ada')), valueOf(await client.redeemInvitation(invitation.code, 'Eve'))];
    return { mesh: mesh.mesh, second: registered.manager.id, agents: agents.map(({ agent }) => agent), code: invitation.code };
  }

  async function check(client: ControlPlaneClient, told: readonly Told[]): Promise<void> {
    const listed: control.MeshList['meshes'] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.MeshList = valueOf(await client.listMeshes({ limit: 50, cursor }));
      listed.push(...page.meshes);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(listed.map(({ mesh }) => String(mesh)).toSorted()).toEqual(told.map(({ mesh }) => mesh).toSorted());
    for (const { mesh, managers } of listed) {
      expect([mesh, managers.map(({ id, publicKey }) => [id, publicKey !== null])]).toEqual([mesh, [['m1', true], ['m2', true]]]);
    }
    expect(told.every(({ second }) => second === 'm2')).toBe(true);
    expect(new Set(told.flatMap(({ agents }) => agents)).size).toBe(told.length * 2);
    const store = await openFirestoreStore({ projectId: 'demo-two-copies' });
    try {
      expect(await store.count('invitations')).toBe(told.length);
      expect(await store.count('snapshots')).toBe(told.length);
      expect(await store.count('keys')).toBe(1);
      const left = (await store.list('invitations', { limit: 1_000, after: null })).map(({ record }) => (record!.value as { usesLeft: number }).usesLeft);
      expect(left).toEqual(told.map(() => 1));
    } finally {
      await store.close();
    }
  }
}
