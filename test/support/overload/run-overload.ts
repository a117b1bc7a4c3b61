import { join } from 'node:path';
import type { DevMesh } from '@raft-mesh/cli';
import { connectWorker, fetchManagerStatus } from '@raft-mesh/mesh-node';
import { protocolVersion } from '@raft-mesh/protocol';
import type { MeshDescription, WireMessage } from '@raft-mesh/protocol';
import { connectAdmin } from '../game.ts';
import { eventually } from '../processes.ts';
import { Flood } from './flood.ts';
import { MemoryWatch } from './memory.ts';
import { Steady, median, quantile } from './steady.ts';
import { DeafHttp, DeafWebSocket, connectionFlood, crowd, dripping, halfOpen } from './strangers.ts';

const tokenOf = async (mesh: DevMesh, name: string): Promise<string> => {
  const made = await mesh.client.createJoinToken(mesh.description.mesh, { name, accessRole: 'worker', permissions: ['*'] });
  if (!made.ok) throw new Error(made.problem.detail);
  return made.value.token;
};

interface Managers {
  readonly description: MeshDescription;
  readonly leaderUrl: string;
  readonly pids: readonly number[];
}

export async function managersOf(mesh: DevMesh): Promise<Managers> {
  const { description } = mesh;
  const token = await mesh.operateToken();
  return eventually('a leader that all follow', async () => {
    const statuses = await Promise.all(description.managers.map(({ url }) => fetchManagerStatus(url, description.mesh, token)));
    const known = statuses.flatMap((status) => (status.ok ? [status.value] : []));
    const leader = known.find((status) => status.role === 'leader');
    return known.length === description.managers.length && leader !== undefined && known.every((status) => status.leader === leader.id) ? { description, leaderUrl: leader.url, pids: known.map(({ pid }) => pid) } : null;
  });
}

export interface LoadResult {
  readonly capacityPerSecond: number;
  readonly offeredPerSecond: number;
  readonly committedPerSecond: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly answeredMsP50: number;
  readonly refusedMsP50: number;
  readonly refusedMsP99: number;
  readonly steadyBeforeMsP50: number;
  readonly steadyDuringMsP50: number;
  readonly steadyAfterMsP50: number;
  /** From the end of the load to ten commits of the steady client in a row within five times what they took before, and 50 ms more. */
  readonly backToNormalMs: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly residentFirstBytes: readonly number[];
  readonly residentPeakBytes: readonly number[];
}

/** Many workers that send as fast as they can, beside one that behaves. */
export async function runLoad(mesh: DevMesh, { floods, forMs, valueBytes }: { readonly floods: number; readonly forMs: number; readonly valueBytes: number }): Promise<LoadResult> {
  const { description, pids } = await managersOf(mesh);
  const worker = await connectAdmin(mesh, 'steady');
  const steady = new Steady(worker);
  const crowdOf: Flood[] = [];
  const memory = new MemoryWatch(pids);
  try {
    await steady.next(20);
    steady.takePhase();
    await steady.next(60);
    const before = steady.takePhase();

    // What the mesh can serve: one worker that waits for its answers, with as much on the way as it may have.
    const modest = await Flood.open({ url: description.managers[0]?.url ?? '', mesh: description, token: await tokenOf(mesh, 'Modest'), valueBytes, window: 1_000 });
    crowdOf.push(modest);
    modest.start();
    const capacityFromMs = performance.now();
    await new Promise((resolve) => { setTimeout(resolve, Math.min(2_000, forMs / 2)); });
    await eventually('the mesh serves one worker that sends much', () => modest.committed > 0, 30_000);
    const capacityPerSecond = modest.committed / (performance.now() - capacityFromMs) * 1_000;
    await modest.stop(10_000);
    steady.takePhase();

    for (let place = 0; place < floods; place += 1) crowdOf.push(await Flood.open({ url: description.managers[place % description.managers.length]?.url ?? '', mesh: description, token: await tokenOf(mesh, 'Flood'), valueBytes, window: 2_048 }));
    const flooding = crowdOf.slice(1);
    const startedAtMs = performance.now();
    for (const flood of flooding) flood.start();
    const total = (of: 'sent' | 'committed'): number => flooding.reduce((sum, flood) => sum + flood[of], 0);
    // Until there is something to judge by, however slow the machine is.
    await new Promise((resolve) => { setTimeout(resolve, forMs); });
    await eventually('some commands of the load are committed', () => total('committed') >= 500, 30_000);
    const during = steady.takePhase();
    const tookSeconds = (performance.now() - startedAtMs) / 1_000;
    const [sent, committed] = [total('sent'), total('committed')];
    const endedAtMs = performance.now();
    const stopping = flooding.map((flood) => flood.stop(15_000));
    const normalMs = 5 * median(before) + 50;
    await eventually('the steady client is served as before', async () => { steady.takePhase(); await steady.next(10); return steady.takePhase().every((took) => took <= normalMs); }, 20_000);
    const backToNormalMs = performance.now() - endedAtMs;
    await Promise.all(stopping);
    await steady.next(20);
    const after = steady.takePhase();
    memory.stop();

    let acknowledged = 0;
    let lost = 0;
    for (const flood of crowdOf) {
      for (const [key, sequence] of flood.acknowledged) {
        acknowledged += 1;
        const read = await worker.query('documents', 'get', { key });
        const value = read.status === 'answered' ? (read.answer as { readonly value?: { readonly sequence?: number } } | null)?.value?.sequence ?? 0 : 0;
        if (value < sequence) lost += 1;
      }
    }
    const refusals: Record<string, number> = {};
    for (const flood of flooding) for (const [code, count] of flood.refusals) refusals[code] = (refusals[code] ?? 0) + count;
    const refused = flooding.flatMap((flood) => flood.refusedMs);
    return {
      capacityPerSecond: Math.round(capacityPerSecond), offeredPerSecond: Math.round(sent / tookSeconds), committedPerSecond: Math.round(committed / tookSeconds), refusals,
      answeredMsP50: median(flooding.flatMap((flood) => flood.answeredMs)), refusedMsP50: median(refused), refusedMsP99: quantile(refused, 0.99),
      steadyBeforeMsP50: median(before), steadyDuringMsP50: median(during), steadyAfterMsP50: median(after), backToNormalMs, acknowledged, lost,
      residentFirstBytes: pids.map((pid) => memory.first.get(pid) ?? 0), residentPeakBytes: pids.map((pid) => memory.peak.get(pid) ?? 0),
    };
  } finally {
    memory.stop();
    for (const flood of crowdOf) flood.close();
    void steady.stop();
    await worker.close();
  }
}

export interface StrangersResult {
  readonly steadyMsP50: number;
  /** By kind of stranger: what the steady client took meanwhile, and how many it was served. */
  readonly during: Readonly<Record<string, { readonly steadyMsP50: number; readonly steadyMsMax: number; readonly served: number }>>;
  readonly residentFirstBytes: number;
  readonly residentPeakBytes: number;
  readonly connectionsTried: number;
}

/** Consumers that do not read, connections that say nothing, floods of them: each beside one client that behaves. */
export async function runStrangers(mesh: DevMesh, { connections, drips, deaf, floodMs }: { readonly connections: number; readonly drips: number; readonly deaf: number; readonly floodMs: number }): Promise<StrangersResult> {
  const { description, leaderUrl, pids } = await managersOf(mesh);
  // It speaks to the very manager that the strangers are at.
  const worker = await connectWorker({ directory: join(mesh.directory, 'steady-beside-strangers'), transport: 'websocket', join: await mesh.adminJoin('steady') });
  const steady = new Steady(worker);
  const memory = new MemoryWatch(pids);
  const during: Record<string, { steadyMsP50: number; steadyMsMax: number; served: number }> = {};
  const beside = async (kind: string, what: () => Promise<void>): Promise<void> => {
    steady.takePhase();
    await what();
    await steady.next(20);
    const phase = steady.takePhase();
    during[kind] = { steadyMsP50: median(phase), steadyMsMax: quantile(phase, 1), served: phase.length };
  };
  try {
    await steady.next(20);
    steady.takePhase();
    await steady.next(60);
    const steadyMsP50 = median(steady.takePhase());

    await beside('halfOpen', async () => {
      const silent = await crowd(leaderUrl, connections, halfOpen);
      // All of them are shown out, in the end.
      await silent.closedThere(40_000);
    });
    await beside('dripping', async () => {
      const slow = await crowd(leaderUrl, drips, () => 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-', dripping(200));
      await slow.closedThere(40_000);
    });
    let connectionsTried = 0;
    await beside('connectionFlood', async () => { connectionsTried = await connectionFlood(leaderUrl, floodMs, 64); });

    const hello = async (name: string): Promise<WireMessage> => ({ type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'join', token: await tokenOf(mesh, name), name, resumeSecret: `secret-of-${name}` }, session: { id: 's-1', opened: false } } as unknown as WireMessage);
    const large = 'x'.repeat(60_000);
    for (let place = 0; place < 8; place += 1) {
      const put = await worker.send('documents', 'put', { key: `large/${place}`, value: large });
      if (put.status !== 'committed') throw new Error(JSON.stringify(put));
    }
    const query: WireMessage = { type: 'query', request: 1, module: 'documents', query: 'list', arguments: { prefix: 'large/' }, stale: true };
    const asks = Array.from({ length: 12 }, () => query);

    await beside('deafWebSockets', async () => {
      const all: DeafWebSocket[] = [];
      for (let place = 0; place < deaf; place += 1) all.push(await DeafWebSocket.open(leaderUrl, description, await hello(`deaf-${place}`)));
      for (const one of all) one.stopReading();
      for (let round = 0; round < 6; round += 1) {
        for (const one of all) one.send(asks);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
      await steady.next(20);
      for (const one of all) one.readAgain();
      await eventually('every link of a worker that does not read is ended', () => all.every((one) => one.ended), 30_000);
      for (const one of all) one.end();
    });
    await beside('slowWebSocket', async () => {
      const slow = await DeafWebSocket.open(leaderUrl, description, await hello('slow'));
      const stop = slow.readSlowly();
      for (let round = 0; round < 6; round += 1) { slow.send(asks); await steady.next(5); }
      stop();
      slow.end();
    });
    await beside('deafHttp', async () => {
      const all: DeafHttp[] = [];
      for (let place = 0; place < deaf; place += 1) all.push(await DeafHttp.open(leaderUrl, description, await hello(`deaf-http-${place}`)));
      await Promise.all(all.map(async (one) => {
        await eventually('the link of a worker that does not read its stream is ended', async () => await one.send(asks) === 401, 30_000);
        one.stream.resume();
      }));
      await eventually('the streams are cut', () => all.every((one) => one.ended), 30_000);
    });
    memory.stop();
    return { steadyMsP50, during, connectionsTried, residentFirstBytes: Math.max(...memory.first.values()), residentPeakBytes: memory.peakBytes };
  } finally {
    memory.stop();
    void steady.stop();
    await worker.close();
  }
}
