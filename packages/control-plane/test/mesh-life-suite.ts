import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startControlPlane } from '@raft-mesh/control-plane';
import type { ControlPlane, ControlPlaneOptions } from '@raft-mesh/control-plane';
import {
  ProblemError, auditAcknowledgements, connectWorker, createControlPlaneClient, createLogger, createManagerProof, fetchManagerStatus, initManager, isDirectoryLocked, joinMesh, meshStatus, startManager, verifyAuditLog,
} from '@raft-mesh/mesh-node';
import type { App, ControlPlaneClient, ManagerProcess, Result, Worker } from '@raft-mesh/mesh-node';
import { control, protocolVersion } from '@raft-mesh/protocol';
import { WebSocket } from 'ws';
import type { ManagerId, MeshDescription, MeshStatus } from '@raft-mesh/protocol';

const app: App = { name: 'test', version: 1, modules: [] };
const logger = createLogger({ level: process.env['MESH_TEST_LOG'] ?? 'silent', name: 'test' });
const ids = ['m1', 'm2', 'm3'] as const;

/** Whole managers on real files and sockets, all in this process: what `mesh manager start` runs, three times, with a control plane that keeps its state in `store`. */
export function meshLifeSuite(name: string, store: Pick<ControlPlaneOptions, 'firestore'>): void {
  describe(name, () => {
    const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-life-'));
    const directoryOf = (id: string) => path.join(root, id);

    let controlPlane: ControlPlane;
    let client: ControlPlaneClient;
    let mesh: MeshDescription;
    let operateToken: string;
    const running = new Map<string, ManagerProcess>();
    const workers = new Set<Worker>();

    async function start(id: string): Promise<ManagerProcess> {
      const started = await startManager({ directory: directoryOf(id), app, logger });
      running.set(id, started);
      return started;
    }

    async function stop(id: string): Promise<void> {
      const manager = running.get(id);
      running.delete(id);
      await manager?.stop();
    }

    const status = (): Promise<MeshStatus> => meshStatus({ mesh: mesh.mesh, managers: mesh.managers, token: operateToken });

    const caughtUp = () => until(status, ({ leader, managers }) => leader !== null && new Set(managers.map(({ appliedIndex }) => appliedIndex)).size === 1);

    async function worker(name: string, transport: 'http' | 'websocket', directory = path.join(root, name)): Promise<Worker> {
      const join = existsSync(directory) ? {} : { join: { ...valueOf(await client.createJoinToken(mesh.mesh, { accessRole: 'admin', permissions: ['*'] })), name } };
      const connected = await connectWorker({ directory, transport, ...join });
      workers.add(connected);
      return connected;
    }

    beforeAll(async () => {
      controlPlane = await startControlPlane({ directory: path.join(root, 'control-plane'), port: 0, logger, ...store });
      client = createControlPlaneClient({ url: controlPlane.url, adminKey: readFileSync(controlPlane.adminKeyFile, 'utf8').trim() });
      const ports = await freePorts(ids.length);
      const created = valueOf(await client.createMesh({ app: 'test', managers: ids.map((id, at) => ({ id: id as ManagerId, url: `http://127.0.0.1:${ports[at]}` })) }));
      for (const { manager, setupToken } of created.setupTokens) {
        await initManager({ directory: directoryOf(manager), controlPlane: controlPlane.url, mesh: created.mesh.mesh, manager, setupToken });
      }
      mesh = valueOf(await client.mesh(created.mesh.mesh));
      operateToken = valueOf(await client.createOperateToken(mesh.mesh, { accessRole: 'admin' })).token;
      await Promise.all(ids.map(start));
    }, 30_000);

    afterEach(async () => {
      await Promise.all([...workers].map((each) => each.close()));
      workers.clear();
    });

    afterAll(async () => {
      await Promise.all([...running.keys()].map(stop));
      await controlPlane.stop();
      rmSync(root, { recursive: true, force: true });
    });

    describe('a manager\'s directory', () => {
      test('holds its secrets for its owner only, and is made once', async () => {
        for (const file of ['key.json', 'credential', 'mesh.json']) expect(statSync(path.join(directoryOf('m1'), file)).mode & 0o777).toBe(0o600);
        const again = initManager({ directory: directoryOf('m1'), controlPlane: controlPlane.url, mesh: mesh.mesh, manager: 'm1', setupToken: 'x' });
        await expect(again).rejects.toMatchObject({ code: 'directoryExists' });
      });

      test('has one process, and must have been made', async () => {
        await expect(startManager({ directory: directoryOf('m1'), app, logger, port: 0 })).rejects.toMatchObject({ name: 'ProblemError', code: 'directoryLocked', next: expect.stringContaining('stop the process') });
        const none = startManager({ directory: path.join(root, 'nothing'), app, logger });
        await expect(none).rejects.toThrow(ProblemError);
        await expect(none).rejects.toMatchObject({ code: 'managerNotInitialised', next: expect.stringContaining('mesh manager') });
      });

      test('is not left behind when the manager may not enrol', async () => {
        const refused = initManager({ directory: directoryOf('m9'), controlPlane: controlPlane.url, mesh: mesh.mesh, manager: 'm1', setupToken: 'wrong' });
        await expect(refused).rejects.toMatchObject({ code: 'setupTokenInvalid' });
        expect(existsSync(directoryOf('m9'))).toBe(false);
      });
    });

    describe('the status of managers', () => {
      test('is told to who may ask, and to nobody else', async () => {
        const [first] = mesh.managers;
        const url = first?.url ?? '';
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        const refusal = await fetch(`${url}/api/v1/meshes/${mesh.mesh}/status`);
        expect([refusal.status, refusal.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
        const join = valueOf(await client.createJoinToken(mesh.mesh, { accessRole: 'admin', permissions: ['*'] }));
        expect(await fetchManagerStatus(url, mesh.mesh, join.token)).toMatchObject({ ok: false, problem: { status: 401, code: 'tokenInvalid' } });
        expect(await fetchManagerStatus(url, 'another', operateToken)).toMatchObject({ ok: false, problem: { code: 'wrongMesh' } });
        const spectator = valueOf(await client.createOperateToken(mesh.mesh, { accessRole: 'spectator' }));
        expect(valueOf(await fetchManagerStatus(url, mesh.mesh, spectator.token)).stateDigest).toBe('withheld');
        expect(valueOf(await fetchManagerStatus(url, mesh.mesh, operateToken)).stateDigest).toMatch(/^[0-9a-f]{64}$/);
      });

      test('is told to another manager by its own key', async () => {
        const settings = JSON.parse(readFileSync(path.join(directoryOf('m2'), 'key.json'), 'utf8'));
        const identity = running.get('m2')?.identity;
        if (identity === undefined) throw new Error('m2 runs');
        const credential = readFileSync(path.join(directoryOf('m2'), 'credential'), 'utf8').trim();
        const url = mesh.managers[0]?.url ?? '';
        expect((await fetchManagerStatus(url, mesh.mesh, await createManagerProof(identity, settings, { purpose: 'status', credential }))).ok).toBe(true);
        expect((await fetchManagerStatus(url, mesh.mesh, await createManagerProof(identity, settings, { purpose: 'readSnapshot', credential }))).ok).toBe(false);
        expect((await fetchManagerStatus(url, mesh.mesh, await createManagerProof(identity, settings, { purpose: 'status' }))).ok).toBe(false);
      });
    });

    describe('a mesh', () => {
      test('serves workers over both transports, loses its leader, and has everything afterwards', async () => {
        await until(status, ({ leader }) => leader !== null);
        const [http, webSocket] = [await worker('http', 'http'), await worker('websocket', 'websocket')];
        for (let number = 0; number < 5; number += 1) {
          expect(await http.send('documents', 'put', { key: `h${number}`, value: number })).toMatchObject({ status: 'committed' });
          expect(await webSocket.send('documents', 'put', { key: `w${number}`, value: number })).toMatchObject({ status: 'committed' });
        }
        const before = await until(status, ({ leader }) => leader !== null);
        expect(before.managers.map(({ role }) => role).toSorted()).toEqual(['follower', 'follower', 'leader']);
        expect(before.agents.map(({ name }) => name).toSorted()).toEqual(['http', 'websocket']);

        const old = before.leader ?? '';
        await stop(old);
        expect(await http.send('documents', 'put', { key: 'after', value: true })).toMatchObject({ status: 'committed' });
        const without = await until(status, ({ leader }) => leader !== null);
        expect(without.leader).not.toBe(old);
        expect(without.managers.find(({ id }) => id === old)).toMatchObject({ role: 'unreachable', pid: null });
        await start(old);
        const after = await caughtUp();
        expect(after.managers.find(({ id }) => id === after.leader)?.lastContactMs).toBe(0);
      }, 30_000);

      test('takes an agent in by a link, and back without it', async () => {
        const { url } = valueOf(await client.createInvitation(mesh.mesh, { accessRole: 'worker', permissions: [], usesMax: 1 }));
        const directory = path.join(root, 'guest');
        const first = await joinMesh(url, { directory, name: 'guest' });
        await first.close();
        const again = await joinMesh('', { directory, name: 'guest' });
        workers.add(again);
        expect(again.agent).toBe(first.agent);
        await expect(joinMesh(url, { directory: path.join(root, 'guest-2'), name: 'late' })).rejects.toMatchObject({ code: 'invitationUsedUp' });
        await expect(joinMesh('http://127.0.0.1:1/', { directory: path.join(root, 'guest-2'), name: 'late' })).rejects.toMatchObject({ code: 'linkInvalid' });
      }, 20_000);

      test('takes in a tool that keeps nothing, and forgets it with the process', async () => {
        const tool = await connectWorker({ transport: 'websocket', join: { ...valueOf(await client.createJoinToken(mesh.mesh, { accessRole: 'admin', permissions: ['*'] })), name: 'tool' } });
        workers.add(tool);
        expect(await tool.send('documents', 'put', { key: 'tool', value: 1 })).toMatchObject({ status: 'committed' });
        expect(await tool.send('documents', 'put', { key: 'tool', value: 2 })).toMatchObject({ status: 'committed' });
      });

      test('tells the control plane who is in it, and shuts out whom that terminates', async () => {
        const ada = await worker('ada', 'websocket');
        const status = valueOf(await client.meshStatus(mesh.mesh));
        expect(status.managers.map(({ role }) => role).toSorted()).toEqual(['follower', 'follower', 'leader']);
        const listed: string[] = [];
        for (let cursor: string | null = null; ;) {
          const page: control.AgentList = valueOf(await client.listAgents(mesh.mesh, { limit: 1, cursor }));
          expect(page.agents.length).toBeLessThanOrEqual(1);
          listed.push(...page.agents.map(({ id }) => String(id)));
          if (page.next === null) break;
          cursor = page.next;
        }
        expect(listed).toContain(String(ada.agent));
        expect(listed).toEqual(listed.toSorted());
        expect(valueOf(await client.agent(mesh.mesh, ada.agent))).toMatchObject({ name: 'ada', status: 'alive' });

        const ended = new Promise<string | undefined>((resolve) => { ada.onState((state) => { if (state.phase === 'ended') resolve(state.error?.code); }); });
        expect(await client.terminateAgent(mesh.mesh, ada.agent)).toEqual({ ok: true, value: null });
        expect(await ended).toBe('credentialRevoked');
        expect(await client.terminateAgent(mesh.mesh, ada.agent)).toEqual({ ok: true, value: null });
        expect(await client.agent(mesh.mesh, ada.agent)).toMatchObject({ ok: false, problem: { code: 'agentNotFound' } });
        expect(await client.terminateAgent(mesh.mesh, 'nobody')).toMatchObject({ ok: false, problem: { status: 404, code: 'agentNotFound' } });
        const again = connectWorker({ transport: 'websocket', join: { ...valueOf(await client.createJoinToken(mesh.mesh, { agent: ada.agent, accessRole: 'worker', permissions: [] })), name: 'ada' } });
        await expect(again).rejects.toMatchObject({ error: { code: 'credentialRevoked' } });
        // It came in to do so, and is not one of them.
        expect(listed).not.toContain('control-plane');
        expect(await verifyAuditLog(path.join(directoryOf('m1'), 'audit'))).toMatchObject({ ok: true });
      }, 30_000);

      test('is watched live: who comes, who goes, who leads; a key that is revoked ends it', async () => {
        const made = valueOf(await client.createKey({ name: 'watcher', accessRole: 'spectator', meshes: [mesh.mesh] }));
        const socket = new WebSocket(`${controlPlane.url.replace('http', 'ws')}/api/v1/meshes/${mesh.mesh}/events`, ['raft-mesh.events', `bearer.${made.secret}`]);
        const events: control.MeshEvent[] = [];
        socket.on('message', (data: Buffer) => events.push(control.meshEvent.parse(JSON.parse(data.toString('utf8')))));
        const closed = new Promise<number>((resolve) => { socket.on('close', resolve); });
        const seen = (holds: (event: control.MeshEvent) => boolean) => until(() => Promise.resolve(events.find(holds)), (event) => event !== undefined);

        await seen(({ event }) => event === 'status');
        expect(socket.protocol).toBe('raft-mesh.events');
        const guest = await connectWorker({ transport: 'websocket', join: { ...valueOf(await client.createJoinToken(mesh.mesh, { accessRole: 'worker', permissions: [] })), name: 'seen' } });
        await seen((event) => event.event === 'agentJoined' && event.agent.name === 'seen');
        valueOf(await client.terminateAgent(mesh.mesh, guest.agent));
        await seen((event) => event.event === 'agentLeft' && event.agent === guest.agent);
        const { leader } = await until(status, (each) => each.leader !== null);
        await stop(leader ?? '');
        await seen((event) => event.event === 'leaderChanged' && event.leader !== null && event.leader !== leader);
        await start(leader ?? '');
        await caughtUp();
        valueOf(await client.revokeKey(made.key.key));
        expect(await closed).toBe(4401);
        await guest.close();
      }, 60_000);

      test('lets the control plane\'s page connect to its managers, and no other page', async () => {
        const origin = new URL(controlPlane.url);
        const manager = mesh.managers[0]?.url ?? '';
        expect(await upgradeStatus(manager, origin.origin)).toBe(101);
        expect(await upgradeStatus(manager, `http://localhost:${origin.port}`)).toBe(101);
        expect(await upgradeStatus(manager, 'http://evil.example')).toBe(403);
        expect(await upgradeStatus(manager, `http://evil.example:${origin.port}`)).toBe(403);
      });

      test('goes on, and its snapshots wait, while the control plane is down', async () => {
        const one = await worker('http', 'http');
        const leader = running.get((await until(status, (each) => each.leader !== null)).leader ?? '');
        await controlPlane.stop();
        expect(await one.send('documents', 'put', { key: 'alone', value: 1 })).toMatchObject({ status: 'committed' });
        expect(await leader?.uploader?.sendNow()).toBe('failed');
        controlPlane = await startControlPlane({ directory: path.join(root, 'control-plane'), port: Number(new URL(controlPlane.url).port), logger, ...store });
        expect(await leader?.uploader?.sendNow()).toBe('stored');
        expect(await leader?.uploader?.sendNow()).toBe('nothingToDo');
        const follower = [...running.values()].find((each) => each !== leader);
        expect(await follower?.uploader?.sendNow()).toBe('nothingToDo');
      }, 30_000);

      test('when stopped, has every acknowledged command on every disk', async () => {
        await caughtUp();
        const directories = ids.map(directoryOf);
        await expect(auditAcknowledgements({ directories, workerDirectories: [], app }).catch((error: unknown) => isDirectoryLocked(error))).resolves.toBe(true);
        await Promise.all(ids.map(stop));
        const names = readdirSync(directoryOf('m1'));
        const audit = await auditAcknowledgements({ directories, workerDirectories: [path.join(root, 'http'), path.join(root, 'websocket')], app });
        expect(audit).toMatchObject({ commandsAcknowledged: 12, commandsLost: 0, commandsNotVerifiable: 0, replicasIdentical: true });
        expect(readdirSync(directoryOf('m1'))).toEqual(names);
      }, 30_000);

      test('comes back from its snapshot when every disk is lost, and the old managers stay outside', async () => {
        const before = valueOf(await client.snapshotDescription(mesh.mesh, null));
        for (const id of ids) renameSync(directoryOf(id), `${directoryOf(id)}.old`);
        const restored = valueOf(await client.restoreMesh(mesh.mesh, {}));
        for (const { manager, setupToken } of restored.setupTokens) {
          await initManager({ directory: directoryOf(manager), controlPlane: controlPlane.url, mesh: mesh.mesh, manager, setupToken });
        }
        mesh = valueOf(await client.mesh(mesh.mesh));
        operateToken = valueOf(await client.createOperateToken(mesh.mesh, { accessRole: 'admin' })).token;
        await Promise.all([start('m2'), start('m3')]);
        // An old manager comes back at its old address; it must neither lead nor be listened to.
        const stray = await startManager({ directory: `${directoryOf('m1')}.old`, app, logger });
        const now = await until(status, ({ leader }) => leader !== null);
        expect(now.leader).not.toBe('m1');
        expect(now.managers.find(({ id }) => id === 'm1')?.role).toBe('unreachable');
        expect(now.commitIndex).toBeGreaterThanOrEqual(before.index);
        expect(await stray.uploader?.sendNow()).not.toBe('stored');
        await stray.stop();

        await start('m1');
        await caughtUp();
        const reader = await worker('after-restore', 'websocket');
        expect(await reader.query('documents', 'get', { key: 'alone' })).toMatchObject({ status: 'answered', answer: { value: 1 } });
      }, 60_000);
    });
  });
}

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

/** Asks until it holds; the test's own timeout bounds it. */
async function until<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** What a manager answers to a page of this origin that opens a WebSocket. */
function upgradeStatus(url: string, origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/api/v1/links`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.from('sixteen bytes ok').toString('base64'), 'sec-websocket-protocol': `raft-mesh.v${protocolVersion}`, origin },
    });
    asking.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** Ports that are free now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  return Promise.all(servers.map((server) => new Promise<number>((resolve, reject) => {
    const address = server.address();
    server.close(() => (address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port)));
  })));
}
