import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { layout, saveContext, type DevMesh } from '@raft-mesh/cli';
import { createOperatorClient, meshStatus, type Result } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { withDevMesh } from './support/dev-mesh.ts';
import { Doctor } from './support/doctor.ts';
import { connectAdmin } from './support/game.ts';
import { HostFleet } from './support/host-fleet.ts';
import { eventually, meshCommand, runMesh, startLasting } from './support/processes.ts';

// Goal: real faults on a mesh of real processes are found by the real command, nothing else is, and the command that it gives mends them.

const healthy = [[], 0] as const;

async function withDoctor(options: Parameters<typeof withDevMesh>[0], use: (mesh: DevMesh, doctor: Doctor) => Promise<void>): Promise<void> {
  await withDevMesh(options, async (mesh) => {
    const doctor = new Doctor(['--data-dir', mesh.directory]);
    try {
      await eventually('a leader', async () => (await statusOf(mesh)).leader);
      await use(mesh, doctor);
    } finally {
      await doctor.stop();
    }
  });
}

async function statusOf(mesh: DevMesh): Promise<MeshStatus> {
  return meshStatus({ mesh: mesh.description.mesh, managers: mesh.description.managers, token: await mesh.operateToken() });
}

async function followersOf(mesh: DevMesh): Promise<readonly [string, string]> {
  const [one, two] = await eventually('two followers', async () => {
    const ids = (await statusOf(mesh)).managers.filter(({ role }) => role === 'follower').map(({ id }) => String(id));
    return ids.length === 2 && ids;
  });
  return [one ?? '', two ?? ''];
}

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

const mesh = async (of: DevMesh, ...args: string[]): Promise<void> => { expect((await runMesh([...args, '--data-dir', of.directory])).code).toBe(0); };

test('managers: one is gone, one hangs, one is cut off, one has a damaged log, two are gone, all are parted', async () => {
  await withDoctor({ chaos: true }, async (dev, doctor) => {
    await doctor.finds(...healthy);
    const said = await runMesh(['doctor', '--data-dir', dev.directory]);
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is wrong that mesh doctor knows of.') });

    const [hung] = await followersOf(dev);
    await mesh(dev, 'chaos', 'pause', hung);
    const [onPurpose] = await doctor.finds(['brokenOnPurpose', 'managerHangs'], 0);
    await doctor.follow(onPurpose!);
    await doctor.finds(...healthy);

    await mesh(dev, 'chaos', 'partition', hung);
    const [cutOff, cut] = await doctor.finds(['managerCutOff', 'brokenOnPurpose'], 1);
    expect(cutOff!.what).toContain(`Manager ${hung} answers here, but the leader`);
    await doctor.follow(cut!);
    await doctor.finds(...healthy);

    await mesh(dev, 'chaos', 'partition', 'm1');
    await mesh(dev, 'chaos', 'partition', 'm2');
    const parted = await doctor.finds(['noLeader', 'brokenOnPurpose'], 5);
    await doctor.follow(parted[1]!);
    await doctor.finds(...healthy);

    const [damaged, gone] = await followersOf(dev);
    await mesh(dev, 'chaos', 'corrupt', damaged);
    await dev.kill(damaged, { stayDown: true });
    const [damage] = await doctor.finds(['storeDamaged'], 8);
    expect(damage!.what).toMatch(/segment is damaged at byte \d+/);
    await doctor.follow(damage!);
    await doctor.finds(...healthy);

    await dev.kill(gone, { stayDown: true });
    const [missing] = await doctor.finds(['managerMissing'], 0);
    expect(missing).toMatchObject({ severity: 'warning', what: expect.stringContaining(`Manager ${gone} does not answer`), next: `mesh manager start --data-dir ${layout.manager(dev.directory, gone)}` });
    await dev.kill(damaged, { stayDown: true });
    const none = await doctor.finds(['noQuorum', 'managerMissing', 'managerMissing'], 5);
    for (const each of none.slice(1)) await doctor.follow(each);
    await doctor.finds(...healthy);

    await doctor.stop();
    await dev.stop();
    expect((await doctor.finds(['notRunning'], 5))[0]!.next).toMatch(/^mesh dev --data-dir /);
  });
}, 170_000);

test('what this machine has wrong: keys, tokens, clock, Node, rights, ports; and the control plane', async () => {
  await withDoctor({ snapshotUploadIntervalMs: 3_600_000 }, async (dev, doctor) => {
    const context = { controlPlane: dev.controlPlaneUrl, adminKeyFile: layout.adminKey(dev.directory), mesh: dev.description };
    const good = await dev.operateToken();
    const expired = valueOf(await dev.client.createOperateToken(dev.description.mesh, { accessRole: 'admin', expiresInSeconds: 1 })).token;
    const expiredSinceMs = performance.now() + 1_000;

    // A key that was revoked.
    const { key, secret } = valueOf(await dev.client.createKey({ name: 'old', accessRole: 'admin' }));
    const keyFile = join(dev.directory, 'old-key');
    await writeFile(keyFile, secret, { mode: 0o600 });
    await doctor.finds([], 0, { args: ['--key-file', keyFile] });
    valueOf(await dev.client.revokeKey(key.key));
    await doctor.finds(['keyRefused'], 4, { args: ['--key-file', keyFile] });

    // No snapshot has been kept.
    const [old] = await doctor.finds(['snapshotOld'], 0, { args: ['--snapshot-age', '1s'] });
    expect(old!.what).toContain('no snapshot');

    // Node is another, and the clock of this machine is five minutes behind: as far as the command sees.
    await doctor.finds(['nodeTooOld'], 1, { environment: { NODE_OPTIONS: importing("Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })") } });
    const [clock] = await doctor.finds(['clockSkew'], 1, { environment: { NODE_OPTIONS: importing('const now = Date.now; Date.now = () => now() - 300_000') } });
    expect(clock!.what).toContain('This machine\'s clock differs from all others');

    // Who may read what.
    await chmod(layout.adminKey(dev.directory), 0o644);
    const [open] = await doctor.finds(['directoryOpen'], 1);
    await doctor.follow(open!);
    await doctor.finds(...healthy);
    if (process.getuid?.() === 0) {
      await chown(join(dev.directory, 'context.json'), 12_345, 0);
      await doctor.finds(['directoryForeign'], 1);
      await chown(join(dev.directory, 'context.json'), 0, 0);
    }

    // A token of another mesh, and one that has expired.
    const other = valueOf(await dev.client.createMesh({ app: 'other', managers: [{ id: dev.description.managers[0]!.id, url: 'http://127.0.0.1:1' }] })).mesh;
    await saveContext(dev.directory, { ...context, operateToken: valueOf(await dev.client.createOperateToken(other.mesh, { accessRole: 'admin' })).token });
    expect((await doctor.finds(['tokenRefused'], 4))[0]!.what).toContain('tokenForeign');
    await saveContext(dev.directory, { ...context, operateToken: good });

    // The control plane is gone; another program has its port; another one that speaks HTTP has it.
    await dev.kill('control-plane', { stayDown: true });
    const [down] = await doctor.finds(['controlPlaneUnreachable'], 1);
    expect(down!.next).toMatch(/^mesh dev --data-dir /);
    const port = Number(new URL(dev.controlPlaneUrl).port);
    await withListener(createTcpServer((socket) => { socket.end('220 mail\r\n').resume(); }), port, () => doctor.finds(['portTaken', 'controlPlaneUnreachable'], 7));
    await withListener(createServer((_request, response) => { response.writeHead(404).end('no such page'); }), port, () => doctor.finds(['controlPlaneForeign'], 1));
    await dev.startPart('control-plane');
    await doctor.finds(...healthy);

    // 60 s more than it says are tolerated; no event tells that they are over.
    await new Promise((resolve) => { setTimeout(resolve, expiredSinceMs + 62_000 - performance.now()); });
    await saveContext(dev.directory, { ...context, operateToken: expired });
    expect((await doctor.finds(['tokenRefused'], 4))[0]!.what).toContain('tokenExpired');
  });
}, 170_000);

test('the mesh: its leader changes all the time, a manager lags or is of another release, bots fall silent', async () => {
  await withDoctor({ chaos: true, bots: 4 }, async (dev, doctor) => {
    await eventually('four bots', async () => (await statusOf(dev)).agents.filter(({ status }) => status === 'alive').length === 4);
    await doctor.finds(...healthy);

    const operator = createOperatorClient({ mesh: dev.description.mesh, managerUrls: dev.description.managers.map(({ url }) => url), token: await dev.operateToken() });
    const over = new AbortController();
    const changing = (async () => { while (!over.signal.aborted) await operator.transferLeadership(null); })();
    const [unstable] = await doctor.finds(['leaderUnstable'], 0);
    over.abort();
    await changing;
    expect(unstable!.what).toMatch(/changed \d times within 1500 ms/);
    await doctor.finds(...healthy);

    for (const name of dev.partNames.filter((part) => part.startsWith('bot-'))) await dev.kill(name, { stayDown: true });
    const [silent] = await doctor.finds(['agentsSilent'], 0);
    expect(silent!.what).toContain('4 of 4 agents');

    // Slow links, and more writes than come through them.
    const [slow, odd] = await followersOf(dev);
    const worker = await connectAdmin(dev, 'writer');
    const enough = new AbortController();
    const writing = Array.from({ length: 64 }, async (_, writer) => {
      while (!enough.signal.aborted) await worker.send('documents', 'put', { key: `w/${writer}`, value: 'x' });
    });
    await mesh(dev, 'chaos', 'slow', slow, '--ms', '3000');
    const lags = await doctor.finds(['brokenOnPurpose', 'managerLags', 'agentsSilent'], 0);
    expect(lags[1]!.what).toMatch(new RegExp(`Manager ${slow} is \\d+ entries behind`));
    enough.abort();
    await doctor.follow(lags[0]!);
    await Promise.all(writing);
    await worker.close();

    // The same program, but for the number of its protocol.
    await dev.kill(odd, { stayDown: true });
    const { child, exited } = await startLasting(process.execPath, [meshCommand, 'manager', 'start', '--data-dir', layout.manager(dev.directory, odd), '--log-level', 'error'], { NODE_OPTIONS: importing(otherProtocolVersion) });
    try {
      const found = await doctor.finds(['versionMismatch', 'managerCutOff', 'agentsSilent'], 1);
      expect(found[0]!.what).toContain(`${odd} runs another release than`);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  });
}, 170_000);

test('hosts: one is gone, and no other has room for what is placed on it', async () => {
  const fleet = await HostFleet.start({ hosts: 3, goneAfterMs: 2_000, managersMax: 1 });
  try {
    const [placed] = await fleet.createMeshes(1);
    await fleet.untilServing(placed!);
    const doctor = new Doctor(['--control-plane', fleet.controlPlaneUrl, '--mesh', placed!.mesh, '--key-file', join(fleet.directory, 'control-plane', 'admin-key')]);
    await doctor.finds(...healthy);
    await fleet.killHost('h2');
    const found = await doctor.finds(['hostGone', 'managerMissing'], 0);
    expect(found[0]!.what).toMatch(/^Host h2 has not been heard for .*, and m\d of mesh/);
    await fleet.startHost('h2');
    await doctor.finds(...healthy);
    expect((await new Doctor(['--control-plane', fleet.controlPlaneUrl, '--mesh', 'nowhere', '--key-file', join(fleet.directory, 'control-plane', 'admin-key')]).examine())).toMatchObject({ exitCode: 3, codes: ['meshUnknown'] });
  } finally {
    await fleet.stop();
  }
}, 120_000);

test('where there is no mesh it looks at the machine, and says how to make one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-nothing-'));
  try {
    const { exitCode, findings } = await new Doctor(['--data-dir', directory]).examine();
    expect({ exitCode, findings: findings.filter(({ code }) => code !== 'portTaken') }).toMatchObject({ exitCode: findings.length === 1 ? 0 : 7, findings: [{ code: 'meshUnknown', next: expect.stringMatching(/^mesh dev /) }] });
    await writeFile(join(directory, 'bad-key'), 'x');
    expect((await runMesh(['doctor', '--control-plane', 'http://127.0.0.1:1', '--json'])).code).toBe(2);
    expect(await new Doctor(['--control-plane', 'http://127.0.0.1:1', '--mesh', 'x', '--key-file', join(directory, 'bad-key')]).examine()).toMatchObject({ exitCode: 1, codes: ['controlPlaneUnreachable'] });
  } finally {
    await rm(directory, { recursive: true });
  }
}, 60_000);

/** NODE_OPTIONS that run a script before everything else. */
const importing = (script: string): string => `--import ${asUrl(script)}`;
const asUrl = (script: string): string => `data:text/javascript;base64,${Buffer.from(script).toString('base64')}`;

const hooks = `export async function load(url, context, next) {
  const loaded = await next(url, context);
  return url.endsWith('/protocol/dist/version.js') ? { ...loaded, source: String(loaded.source).replace(/protocolVersion = \\d+/, 'protocolVersion = 4') } : loaded;
}`;
const otherProtocolVersion = `import { register } from 'node:module'; register('${asUrl(hooks)}')`;

async function withListener<Value>(server: ReturnType<typeof createTcpServer>, port: number, use: () => Promise<Value>): Promise<Value> {
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  try {
    return await use();
  } finally {
    await new Promise((resolve) => { server.close(resolve); });
  }
}
