import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { operations } from '../api-gateway/access/access-table.ts';
import type { ControlStore } from '../state-manager/control-store.ts';

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const storeSeconds = [0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Anything that no route is for. */
const noRoute = 'none';

/** What a control plane counts, for Prometheus. Labels are operations, statuses and collections: there is a fixed number of them. */
export class ControlPlaneMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'operation' | 'status'>;
  readonly #requestSeconds: Histogram<'operation'>;
  readonly #storeSeconds: Histogram<'operation' | 'collection'>;
  readonly #storeFailures: Counter<'operation'>;

  constructor({ withProcess = true }: { readonly withProcess?: boolean } = {}) {
    const registers = [this.registry];
    this.#requests = new Counter({ name: 'mesh_control_requests_total', help: 'HTTP requests answered, by operation and status', labelNames: ['operation', 'status'], registers });
    this.#requestSeconds = new Histogram({ name: 'mesh_control_request_seconds', help: 'From the head of a request to its answer', labelNames: ['operation'], buckets: requestSeconds, registers });
    this.#storeSeconds = new Histogram({ name: 'mesh_control_store_seconds', help: 'One call of the store: files or Firestore', labelNames: ['operation', 'collection'], buckets: storeSeconds, registers });
    this.#storeFailures = new Counter({ name: 'mesh_control_store_failures_total', help: 'Calls of the store that failed', labelNames: ['operation'], registers });
    if (withProcess) collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
  }

  answered(operation: string | null, status: number, durationMs: number): void {
    const known = operation !== null && operations.some((name) => name === operation) ? operation : noRoute;
    this.#requests.inc({ operation: known, status });
    this.#requestSeconds.observe({ operation: known }, durationMs / 1000);
  }

  /** The same store, with every call measured. */
  metered(store: ControlStore): ControlStore {
    const timed = async <Value>(operation: string, collection: string, call: () => Promise<Value>): Promise<Value> => {
      const startedMs = performance.now();
      try {
        return await call();
      } catch (error) {
        this.#storeFailures.inc({ operation });
        throw error;
      } finally {
        this.#storeSeconds.observe({ operation, collection }, (performance.now() - startedMs) / 1000);
      }
    };
    return {
      create: (collection, id, content) => timed('create', collection, () => store.create(collection, id, content)),
      read: (collection, id) => timed('read', collection, () => store.read(collection, id)),
      replace: (collection, id, content, version) => timed('replace', collection, () => store.replace(collection, id, content, version)),
      remove: (collection, id) => timed('remove', collection, () => store.remove(collection, id)),
      list: (collection, page) => timed('list', collection, () => store.list(collection, page)),
      listIds: (collection, page) => timed('listIds', collection, () => store.listIds(collection, page)),
      count: (collection) => timed('count', collection, () => store.count(collection)),
      close: () => store.close(),
    };
  }

  scrape(): Promise<string> {
    return this.registry.metrics();
  }
}
