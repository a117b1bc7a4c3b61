import { observedBy } from '@raft-mesh/mesh';
import type { Manager, ManagerStore, Observer } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import { systemClock } from '../clock.ts';
import type { MeshMetrics } from './mesh-metrics.ts';
import { meteredStore } from './metered-store.ts';
import { notReadyReason } from './readiness.ts';
import { ManagerTracer } from './tracing/manager-tracer.ts';
import { processTracing } from './tracing/process-tracing.ts';
import { wallMs } from './tracing/wall-ms.ts';

/** All that watches one manager: metrics, where they are asked for, and traces, where the environment names a collector. */
export interface ObservedManager {
  /** For the manager's options; `null` when nobody watches. */
  readonly observer: Observer | null;
  /** The same store, with its flushes measured where that is asked for. */
  readonly store: ManagerStore;
  /** The manager is there: it is read at each scrape. */
  attach(manager: Pick<Manager, 'measures'>): void;
  /** Its series end, and what waits of its traces is sent. */
  close(): Promise<void>;
}

export async function observeManager(identity: ManagerIdentity, store: ManagerStore, metrics: MeshMetrics | undefined): Promise<ObservedManager> {
  const tracing = await processTracing();
  const watched = metrics?.watch(identity) ?? null;
  return {
    observer: observedBy([...(watched === null ? [] : [watched.observer]), ...(tracing === null ? [] : [new ManagerTracer(tracing, identity, wallMs)])]),
    store: watched === null ? store : meteredStore(store, () => systemClock.nowMs(), (durationMs, entries) => watched.flushed(durationMs, entries)),
    attach(manager) { watched?.attach({ measures: () => manager.measures(), notReady: () => notReadyReason(manager.measures()) }); },
    async close() {
      watched?.close();
      await tracing?.flush();
    },
  };
}
