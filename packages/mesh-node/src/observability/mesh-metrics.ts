import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ManagerMeasures, Observer } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import { LabelledManagers } from './labelled-managers.ts';
import type { ManagerLabels } from './labelled-managers.ts';
import { ManagerMeter } from './manager-meter.ts';

export interface MeshMetricsOptions {
  /** How many managers have series of their own; those beyond share the labels `(others)`. Default 200. */
  readonly managersMax?: number;
  /** Also what Node says of the process: memory, processor time, open files, the event loop. Default true. */
  readonly withProcess?: boolean;
}

/** What one manager is asked when somebody scrapes. `connections`: of the port that it listens at. */
export interface ManagerSource {
  readonly measures: () => ManagerMeasures | null;
  /** `null`: it can serve; otherwise the code of why not. */
  readonly notReady: () => string | null;
}

/** One manager under watch. */
export interface WatchedManager {
  /** For the manager's options. */
  readonly observer: Observer;
  /** A flush of its log has ended. */
  flushed(durationMs: number, entries: number): void;
  /** Reads from it at each scrape, from now on. */
  attach(source: ManagerSource): void;
  /** Its series end. */
  close(): void;
}

const labelNames = ['mesh', 'manager'] as const;
const roles = ['follower', 'preCandidate', 'candidate', 'leader'] as const;
const statuses = ['alive', 'suspect', 'dead'] as const;
const diskSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];
const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const failoverSeconds = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.3, 0.6, 1.5, 5, 30];

/**
 * The metrics of a process, for Prometheus: one registry, and any number of managers, told apart by the labels `mesh` and `manager`. What can be read
 * is read when somebody scrapes; what happens is counted as it happens. docs/observability.md explains each.
 */
export class MeshMetrics {
  readonly registry = new Registry();
  readonly #labelled: LabelledManagers;
  readonly #watched = new Set<{ readonly labels: ManagerLabels; readonly isShared: boolean; source: ManagerSource | null }>();
  readonly #series;

  constructor({ managersMax = 200, withProcess = true }: MeshMetricsOptions = {}) {
    this.#labelled = new LabelledManagers(managersMax);
    const registers = [this.registry];
    const counter = <Name extends string>(name: string, help: string, more: readonly Name[] = []) => new Counter({ name, help, labelNames: [...labelNames, ...more], registers });
    const histogram = (name: string, help: string, buckets: readonly number[]) => new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers });
    this.#series = {
      append: histogram('mesh_log_append_seconds', 'From when the core asks for entries to be written until they are on disk, the wait for an earlier flush included', diskSeconds),
      flush: histogram('mesh_log_flush_seconds', 'One write of the log with its flush', diskSeconds),
      flushedEntries: counter('mesh_log_flushed_entries_total', 'Log entries made durable'),
      commit: histogram('mesh_raft_commit_seconds', 'On the leader: from when commands are proposed until a majority has them on disk', latencySeconds),
      elections: counter('mesh_raft_elections_total', 'Elections that this manager stood in'),
      leaderChanges: counter('mesh_raft_leader_changes_total', 'Times that this manager came to know another leader'),
      failover: histogram('mesh_raft_failover_seconds', 'From when this manager lost its leader until it knew the next', failoverSeconds),
      refusals: counter('mesh_refusals_total', 'Commands that must be sent again, and queries and links not taken, by code', ['what', 'code']),
      heartbeats: counter('mesh_agent_heartbeats_total', 'Heartbeats of workers'),
      roundTrip: histogram('mesh_agent_heartbeat_round_trip_seconds', 'From a worker\'s heartbeat to its answer, as the worker says', latencySeconds),
    };
    this.#readAtScrape();
    if (withProcess) collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  watch(identity: ManagerIdentity): WatchedManager {
    const taken = this.#labelled.take(identity);
    const { labels, isShared } = taken;
    const watched: { readonly labels: ManagerLabels; readonly isShared: boolean; source: ManagerSource | null } = { labels, isShared, source: null };
    this.#watched.add(watched);
    const meter = new ManagerMeter({ ...this.#series, labels });
    return {
      observer: meter,
      flushed: (durationMs, entries) => meter.flushed(durationMs, entries),
      attach: (source) => { watched.source = source; },
      close: () => {
        this.#watched.delete(watched);
        if (isShared) return;
        taken.release();
        const { refusals, ...plain } = this.#series;
        for (const series of Object.values(plain)) series.remove({ ...labels });
        meter.forgetRefusals(refusals);
      },
    };
  }

  /** What Prometheus reads, and its content type. */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }

  #readAtScrape(): void {
    const { registry } = this;
    const gauge = (name: string, help: string, read: (measures: ManagerMeasures) => number, shared: 'summed' | 'leftOut') => {
      const each = this.#each.bind(this);
      void new Gauge({
        name, help, labelNames: [...labelNames], registers: [registry],
        collect() { this.reset(); each((labels, isShared, { measures }) => { if (measures !== null && !(isShared && shared === 'leftOut')) this.inc(labels, read(measures)); }); },
      });
    };
    const each = this.#each.bind(this);
    const watched = this.#watched;
    void new Gauge({ name: 'mesh_managers', help: 'Managers in this process', registers: [registry], collect() { this.set(watched.size); } });
    void new Gauge({ name: 'mesh_manager_up', help: '1 while the manager runs, 0 once it has stopped for good', labelNames: [...labelNames], registers: [registry], collect() { this.reset(); each((labels, _isShared, { measures }) => this.inc(labels, measures === null ? 0 : 1)); } });
    void new Gauge({ name: 'mesh_manager_ready', help: '1 while the manager can serve: it knows a leader and has room on its disk', labelNames: [...labelNames], registers: [registry], collect() { this.reset(); each((labels, _isShared, { notReady }) => this.inc(labels, notReady === null ? 1 : 0)); } });
    void new Gauge({
      name: 'mesh_raft_role', help: '1 for the role that the manager has', labelNames: [...labelNames, 'role'], registers: [registry],
      collect() { this.reset(); each((labels, _isShared, { measures }) => { if (measures !== null) for (const role of roles) this.inc({ ...labels, role }, measures.raft.role === role ? 1 : 0); }); },
    });
    void new Gauge({
      name: 'mesh_agents', help: 'Agents of the mesh, by status', labelNames: [...labelNames, 'status'], registers: [registry],
      collect() { this.reset(); each((labels, _isShared, { measures }) => { if (measures !== null) for (const status of statuses) this.inc({ ...labels, status }, measures.agents[status]); }); },
    });
    gauge('mesh_raft_term', 'Raft\'s current term', ({ raft }) => raft.term, 'leftOut');
    gauge('mesh_raft_leader_known', '1 while the manager knows a leader', ({ raft }) => (raft.leader === null ? 0 : 1), 'summed');
    gauge('mesh_raft_commit_index', 'The last entry known to be committed', ({ raft }) => raft.commitIndex, 'leftOut');
    gauge('mesh_raft_applied_index', 'The last entry that the state machine has taken', ({ raft }) => raft.appliedIndex, 'leftOut');
    gauge('mesh_raft_last_index', 'The last entry of the log', ({ raft }) => raft.lastIndex, 'leftOut');
    gauge('mesh_raft_log_entries', 'Entries in the log since its snapshot', ({ raft }) => raft.lastIndex - raft.firstIndex + 1, 'summed');
    gauge('mesh_raft_apply_lag_entries', 'Committed entries that are not applied yet', ({ raft }) => Math.max(0, raft.commitIndex - raft.appliedIndex), 'summed');
    gauge('mesh_raft_replication_lag_entries', 'On the leader: entries that the follower furthest behind does not have; elsewhere 0', ({ raft }) => Math.max(0, ...raft.peers.map(({ matchIndex }) => raft.lastIndex - matchIndex)), 'summed');
    gauge('mesh_raft_voters', 'Managers that vote', ({ raft }) => raft.configuration.voters.length, 'summed');
    gauge('mesh_raft_quiescent', '1 while the group rests', ({ raft }) => (raft.quiescent ? 1 : 0), 'summed');
    gauge('mesh_worker_links', 'Workers linked to this manager', ({ workerLinks }) => workerLinks, 'summed');
    gauge('mesh_commands_open', 'Commands on their way into the log or back: the queue', ({ openCommands }) => openCommands, 'summed');
    gauge('mesh_commands_open_bytes', 'Their size', ({ openCommandsBytes }) => openCommandsBytes, 'summed');
    gauge('mesh_disk_has_room', '0 while the disk is full and the manager writes nothing', ({ hasRoom }) => (hasRoom ? 1 : 0), 'summed');
  }

  #each(use: (labels: { mesh: string; manager: string }, isShared: boolean, reading: { readonly measures: ManagerMeasures | null; readonly notReady: string | null }) => void): void {
    for (const { labels, isShared, source } of this.#watched) if (source !== null) use({ ...labels }, isShared, { measures: source.measures(), notReady: source.notReady() });
  }
}
