import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FinalDocument } from '@raft-mesh/simulator';
import type { Worker } from '@raft-mesh/mesh-node';
import { AvailabilityProbe } from './clients/availability-probe.ts';
import { ChaosClient } from './clients/chaos-client.ts';
import { Cluster } from './cluster/cluster.ts';
import { faultKinds, type FaultKind } from './faults/fault.ts';
import { Nemesis } from './faults/nemesis.ts';
import { pause } from './faults/pause.ts';
import { drawFaults } from './faults/schedule.ts';
import { HistoryWriter } from './history/history-file.ts';
import { Availability } from './judge/availability.ts';
import { judgeHistory } from './judge/judge-history.ts';
import { verdictOf, type ChaosReport } from './judge/verdict.ts';

export interface RunChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly managers: number;
  readonly clients: number;
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
  /** Default: `relay`. */
  readonly network?: 'relay' | 'namespaces';
  /** Keeps everything there; by default a temporary directory is used, which stays only when something does not hold. */
  readonly directory?: string;
  /** The program of a manager, in place of this package's own. */
  readonly managerEntry?: string;
  /** Progress, for people. */
  readonly note: (text: string) => void;
  /** Ends the run early; what was done by then is judged. */
  readonly signal?: AbortSignal;
}

export interface ChaosRun {
  readonly report: ChaosReport;
  /** What does not hold, in words. */
  readonly failures: readonly string[];
  /** Where history and logs are, `null` when they are gone. */
  readonly directory: string | null;
}

const groups = ['clients-a', 'clients-b'] as const;
/** Of eight clients these only read: one of each transport, both in the group that is parted. */
const readers: readonly number[] = [3, 6];
const probeIntervalMs = 10;
/** The last fault is over so long before the end. */
const calmEndMs = 3_000;
const progressIntervalMs = 5_000;
/** Above this, how late this process itself was is told beside what it measured. */
const notableDelayMs = 500;
/** How long what is open may take to end once everything is healed. */
const settleMs = 20_000;

/** Breaks a cluster of its own for a while under load, then judges what its clients were told. */
export async function runChaos(options: RunChaosOptions): Promise<ChaosRun> {
  const { managers, note } = options;
  const directory = options.directory ?? await mkdtemp(join(tmpdir(), 'raft-mesh-chaos-'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unexplainedEnds: string[] = [];
  let nemesis: Nemesis | null = null;
  const network = options.network ?? 'relay';
  note(`starting ${managers} managers ${network === 'relay' ? 'and a relay' : 'in namespaces of their own'} in ${directory}`);
  const cluster = await Cluster.start({
    directory, managers, network, clientGroups: groups, ...(options.managerEntry === undefined ? {} : { managerEntry: options.managerEntry }),
    onEnded: (manager, how) => {
      if (nemesis?.explainsEndOf(manager) === true) return;
      unexplainedEnds.push(`${manager} ended by itself (${how}); its log: ${join(directory, 'logs', `${manager}.log`)}`);
      note(unexplainedEnds.at(-1) ?? '');
    },
  });
  try {
    const kinds = (options.kinds ?? faultKinds).filter((kind) => kind !== 'slowLinks' || cluster.can.slowLinks);
    const historyFile = join(directory, 'history.jsonl');
    const history = await HistoryWriter.create(historyFile);
    const workers: Worker[] = [];
    const connect = async (name: string, group: string, transport: 'http' | 'websocket'): Promise<Worker> => {
      const worker = await cluster.connect(name, group, transport);
      workers.push(worker);
      return worker;
    };
    const clients = await Promise.all(Array.from({ length: options.clients }, async (_, place) => {
      const name = `client-${place + 1}`;
      // Both groups have clients of both transports.
      const worker = await connect(name, groups[Math.floor(place / 2) % 2] ?? groups[0], place % 2 === 0 ? 'websocket' : 'http');
      return new ChaosClient(worker, name, readers.includes(place % 8) ? 'reader' : 'writer', options.seed, history);
    }));
    const prober = await connect('probe', groups[0], 'websocket');
    const availability = new Availability(cluster.ids, performance.now());
    history.onAcknowledged = () => availability.acknowledged(performance.now());
    const probe = new AvailabilityProbe(prober, 'probe', history, probeIntervalMs);
    const delay = monitorEventLoopDelay();
    delay.enable();
    const startedAtMs = performance.now();
    const timed = (text: string): void => note(`${((performance.now() - startedAtMs) / 1000).toFixed(1)} s  ${text}`);
    nemesis = new Nemesis({ cluster, availability, probe, partedGroup: groups[1], note: timed });
    const running = clients.map((client) => client.run());
    const progress = setInterval(() => timed(`${history.operations} operations, ${history.acknowledged} acknowledged`), progressIntervalMs);
    const faults = drawFaults({ seed: options.seed, managers, kinds });
    await Promise.all([nemesis.play(faults, options.durationMs - calmEndMs, options.signal ?? new AbortController().signal), pause(options.durationMs, options.signal)]);
    const durationMs = performance.now() - startedAtMs;
    delay.disable();
    availability.ended(performance.now());
    timed('healing');
    await cluster.heal().catch((error: unknown) => { unexplainedEnds.push(error instanceof Error ? error.message : String(error)); });
    probe.stop();
    for (const client of clients) client.stop();
    await Promise.race([Promise.all(running), pause(settleMs)]);
    clearInterval(progress);
    const final = await finalDocuments(await connect('judge', groups[0], 'http'));
    await Promise.all(workers.map((worker) => worker.close()));
    await history.close();
    await cluster.stop();
    timed(`judging ${history.operations} operations`);
    const { report, failures } = verdictOf({
      durationMs, kinds, judgement: await judgeHistory(historyFile, final), faults: nemesis.counts,
      longestOutageMs: availability.longestOutageMs, failoversMs: nemesis.failoversMs, unexplainedEnds: [...unexplainedEnds, ...nemesis.problems],
    });
    const lateMs = Math.round(delay.max / 1e6);
    if (lateMs > notableDelayMs) note(`this process was up to ${lateMs} ms late itself: the machine is busy, and outages and failovers say as much about it as about the mesh`);
    if (failures.length > 0 || options.directory !== undefined) return { report, failures, directory };
    await rm(directory, { recursive: true, force: true });
    return { report, failures, directory: null };
  } catch (error) {
    note(`history and logs are in ${directory}`);
    throw error;
  } finally {
    await cluster.stop();
  }
}

/** Every document that there is, read linearizably, page by page. */
async function finalDocuments(worker: Worker): Promise<ReadonlyMap<string, FinalDocument>> {
  const found = new Map<string, FinalDocument>();
  let cursor: string | null = null;
  do {
    const result = await worker.query('documents', 'list', { cursor }, { timeoutMs: settleMs });
    if (result.status === 'refused') throw new Error(`the documents could not be read at the end: ${result.refusal.message}`);
    const page = result.answer as unknown as { readonly documents: readonly ({ readonly key: string } & FinalDocument)[]; readonly cursor: string | null };
    for (const { key, version, value } of page.documents) found.set(key, { version, value });
    ({ cursor } = page);
  } while (cursor !== null);
  return found;
}
