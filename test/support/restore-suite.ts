import { expect, test } from '@jest/globals';
import { cp, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DevMesh, layout, type DevMeshOptions } from '@raft-mesh/cli';
import { createManagerProof, fetchManagerStatus, joinMesh, meshStatus, signingKey, sha256, type ManagerProcess, type Worker } from '@raft-mesh/mesh-node';
import { protocolVersion, type ManagerStatus, type MeshStatus, type ProtocolError } from '@raft-mesh/protocol';
import { createWebSocketDialer } from '@raft-mesh/transport-websocket';
import { withDevMesh } from './dev-mesh.ts';
import { connectAdmin, startGame, untilGame } from './game.ts';
import { eventually, runMesh, meshCommand, startLasting } from './processes.ts';

const bots = 5;
const documents = 12;
const snapshotUploadIntervalMs = 300;

/** Everything lost but the control plane, wherever that keeps its state: row 9 of what the mesh must show, as a user does it. */
export function restoreSuite(store: Pick<DevMeshOptions, 'firestoreProject'>): void {
  test('managers and disks gone: the mesh goes on from its snapshot in a new incarnation, its agents come back by themselves, an old manager cannot disturb it', async () => {
    const connected: { worker?: Worker } = {};
    try {
      await withDevMesh({ bots, snapshotUploadIntervalMs, restartDelayMs: 1_000, botEnvironment: { MESH_BOT_THINK_MS: '1000-2000' }, ...store }, async (mesh) => {
        const { directory } = mesh;
        const ids = mesh.description.managers.map(({ id }) => id);
        const admin = connected.worker = await connectAdmin(mesh, 'admin');
        const lobby = await untilGame(admin, ({ players }) => players.length === bots);
        for (let number = 0; number < documents; number += 1) expect(await put(admin, `kept/${number}`, number)).toBeGreaterThan(0);
        await startGame(admin, { nightMs: 60_000, dayMs: 60_000 });
        const game = await untilGame(admin, ({ phase }) => phase === 'night');
        const lastIndex = await put(admin, 'kept/last', 'last');
        expect((await runMesh(['doc', 'put', 'cli', '1', '--data-dir', directory])).code).toBe(0);
        const invitation = await mesh.invitation();
        const operateTokenOfOld = await mesh.operateToken();

        // While it is alive, nobody ends it by mistake.
        const refused = await runMesh(['snapshot', 'restore', '--yes', '--json', '--data-dir', directory]);
        expect(refused.code).toBe(7);
        expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'managersAlive', next: expect.stringContaining('--force') } });

        await eventually('the control plane holds a snapshot with all of it', async () => {
          const described = await mesh.client.snapshotDescription(mesh.description.mesh, null);
          return described.ok && described.value.index >= lastIndex + 1;
        });
        const botPids = botsOf(mesh).map((name) => mesh.pidOf(name));
        const agentsBefore = (await status(mesh)).agents.map(({ id }) => id).toSorted();

        // The disks go, and then the managers; mesh dev goes on trying to start them.
        const copy = join(directory, 'copies');
        for (const id of ids) await rename(layout.manager(directory, id), `${layout.manager(directory, id)}.lost`);
        await Promise.all(ids.map((id) => mesh.kill(id)));
        for (const id of ids) await cp(`${layout.manager(directory, id)}.lost`, join(copy, id), { recursive: true });

        const unsure = await runMesh(['snapshot', 'restore', '--json', '--data-dir', directory]);
        expect(unsure).toMatchObject({ code: 2, stdout: '' });
        const restored = await runMesh(['snapshot', 'restore', '--yes', '--json', '--data-dir', directory]);
        expect(restored).toMatchObject({ code: 0 });
        expect(JSON.parse(restored.stdout)).toMatchObject({ mesh: mesh.description.mesh, incarnation: 2, managers: ids, stillRunning: [] });

        // Everything is there, for the same agents in the same processes.
        const kept = await eventually('a read is answered again', async () => {
          const answer = await admin.query('documents', 'list', { prefix: 'kept/' });
          return answer.status === 'answered' && JSON.stringify(answer.answer);
        });
        for (let number = 0; number < documents; number += 1) expect(kept).toContain(`kept/${number}"`);
        expect(kept).toContain('kept/last"');
        const after = await untilGame(admin, (_game, view) => view.incarnation === 2 && !view.stale);
        expect(after.game).toBe(game.game);
        expect(after.players.map(({ id }) => id)).toEqual(lobby.players.map(({ id }) => id));
        expect(mesh.description.incarnation).toBe(2);
        await eventually('all agents are alive', async () => {
          const { leader, agents } = await status(mesh);
          return leader !== null && agents.filter((agent) => agent.status === 'alive').length >= bots + 1;
        });
        expect((await status(mesh)).agents.map(({ id }) => id).toSorted()).toEqual(agentsBefore);
        expect(botsOf(mesh).map((name) => mesh.pidOf(name))).toEqual(botPids);
        // The bots play on, on their old seats (unless the snapshot caught the game's end).
        await untilGame(admin, ({ phase, round }) => phase === 'ended' || phase !== after.phase || round !== after.round, 45_000);

        await strayManager(mesh, admin, { copy, operateTokenOfOld });

        // Who held something of the old incarnation gets on with it: links, commands of the command line, mesh dev itself.
        const guest = await joinMesh(invitation, { directory: join(directory, 'guest'), name: 'Guest' });
        expect((await guest.query('documents', 'get', { key: 'kept/last' })).status).toBe('answered');
        await guest.close();
        expect(await runMesh(['doc', 'get', 'kept/last', '--json', '--data-dir', directory])).toMatchObject({ code: 0 });
        await admin.close();
        await mesh.stop();
        const again = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots, port: 0, host: '127.0.0.1', restartDelayMs: 1_000, note: () => {} });
        try {
          const now = await eventually('everybody is back', async () => {
            const answer = await status(again);
            return answer.leader !== null && answer.agents.filter((agent) => agent.status === 'alive').length >= bots && answer;
          });
          expect(now.managers.every(({ role }) => role !== 'unreachable')).toBe(true);
          expect((await runMesh(['status', '--json', '--data-dir', directory])).code).toBe(0);
        } finally {
          await again.stop();
        }
      });
    } finally {
      await connected.worker?.close();
    }
  }, 150_000);
}

/** An old manager with its old disk, at its old address, in place of a follower of the restored mesh. */
async function strayManager(mesh: DevMesh, admin: Worker, old: { readonly copy: string; readonly operateTokenOfOld: string }): Promise<void> {
  const before = await eventually('a leader', async () => {
    const answer = await status(mesh);
    return answer.leader !== null && answer;
  });
  const follower = before.managers.find(({ role }) => role === 'follower');
  if (follower === undefined) throw new Error('there is a follower');
  const { id, url } = follower;
  await mesh.kill(id, { stayDown: true });
  const stray = await startLasting(process.execPath, [meshCommand, 'manager', 'start', '--data-dir', join(old.copy, id), '--control-plane', mesh.controlPlaneUrl, '--app', '@raft-mesh/mafia', '--snapshot-upload-interval-ms', '100', '--log-level', 'error', '--json']);
  try {
    expect(stray.first).toMatchObject({ ready: true, manager: id });
    const strayStatus = async (): Promise<ManagerStatus> => {
      const answer = await fetchManagerStatus(url, mesh.description.mesh, old.operateTokenOfOld);
      if (!answer.ok) throw new Error(answer.problem.detail);
      return answer.value;
    };
    const atFirst = await strayStatus();
    expect(atFirst).toMatchObject({ id, incarnation: 1, leader: null });
    // Several of its election timeouts long, the mesh commits on.
    const endsAtMs = performance.now() + 2_000;
    for (let number = 0; performance.now() < endsAtMs; number += 1) expect(await put(admin, 'meanwhile', number)).toBeGreaterThan(0);
    expect(await strayStatus()).toMatchObject({ leader: null, term: atFirst.term, commitIndex: atFirst.commitIndex });
    const now = await status(mesh);
    expect(now).toMatchObject({ leader: before.leader, term: before.term });
    expect(now.managers.find((manager) => manager.id === id)?.role).toBe('unreachable');

    // What it would have to say is not heard: not by the managers, not by the control plane.
    const leaderUrl = mesh.description.managers.find((manager) => manager.id === before.leader)?.url ?? '';
    expect(await refusalOf(leaderUrl, mesh.description.mesh, 1)).toMatchObject({ code: 'wrongIncarnation', incarnation: 2 });
    expect(await refusalOf(url, mesh.description.mesh, 2)).toMatchObject({ code: 'wrongIncarnation', incarnation: 1 });
    const kept = await mesh.client.snapshotDescription(mesh.description.mesh, null);
    expect(await putOldSnapshot(mesh, join(old.copy, id))).toBe('incarnationEnded');
    const stillKept = await mesh.client.snapshotDescription(mesh.description.mesh, null);
    expect(kept.ok && stillKept.ok && stillKept.value.index >= kept.value.index && stillKept.value.sizeBytes > 8).toBe(true);
  } finally {
    stray.child.kill('SIGKILL');
    await stray.exited;
  }
  await mesh.startPart(id);
  await eventually('the restored mesh is whole', async () => {
    const answer = await status(mesh);
    return answer.leader !== null && answer.managers.every(({ role }) => role !== 'unreachable');
  });
}

async function put(worker: Worker, key: string, value: string | number): Promise<number> {
  const result = await worker.send('documents', 'put', { key, value });
  if (result.status !== 'committed') throw new Error(`not committed: ${JSON.stringify(result)}`);
  return result.index;
}

async function status(mesh: DevMesh): Promise<MeshStatus> {
  return await meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token: await mesh.operateToken() });
}

const botsOf = (mesh: DevMesh): readonly string[] => mesh.partNames.filter((name) => name.startsWith('bot-')).toSorted();

/** How a manager ends a link of this incarnation that begins as one of another manager. */
function refusalOf(url: string, mesh: string, incarnation: number): Promise<ProtocolError | null> {
  return new Promise((resolve) => {
    const link = createWebSocketDialer().dial(url, { mesh, incarnation }, {
      onOpen: () => link.send({ type: 'managerHello', protocolVersion, manager: 'm1', managerIncarnation: 1, bootId: 'boot', credential: 'none', nonce: new Uint8Array(32) } as unknown as Parameters<typeof link.send>[0]),
      onMessages: () => {},
      onInvalid: () => {},
      onEnd: (end) => resolve(end.cause === 'closedThere' ? end.error : null),
    });
  });
}

/** A snapshot sent with the old manager's own key, as if it still led. */
async function putOldSnapshot(mesh: DevMesh, directory: string): Promise<string> {
  const key = signingKey.parse(JSON.parse(await readFile(join(directory, 'key.json'), 'utf8')));
  const identity = JSON.parse(await readFile(join(directory, 'mesh.json'), 'utf8')) as ManagerProcess['identity'];
  const data = new TextEncoder().encode('rubbish\n');
  const proof = await createManagerProof(identity, key, { purpose: 'putSnapshot', snapshot: { term: 1_000, index: 1_000_000, logTimeMs: 1, sha256: sha256(data) } });
  const answer = await mesh.client.putSnapshot(identity.mesh, proof, data);
  return answer.ok ? 'stored' : answer.problem.code;
}
