import type { WorkerObserver } from '@raft-mesh/mesh';
import { traceIdOf } from './trace-identity.ts';
import type { FinishedSpan, Tracing } from './tracing.ts';

interface Open { readonly startMs: number; readonly module: string; readonly command: string; readonly events: NonNullable<FinishedSpan['events']>[number][] }

const openMax = 4_096;
const eventsMax = 32;

/** The first span of each command: from its sequence number to its outcome, with every sending of it. */
export class WorkerTracer implements WorkerObserver {
  readonly #tracing: Tracing;
  readonly #wallMs: () => number;
  readonly #open = new Map<string, Open>();

  constructor(tracing: Tracing, wallMs: () => number) {
    this.#tracing = tracing;
    this.#wallMs = wallMs;
  }

  commandNumbered(mesh: string, session: string, sequence: number, module: string, command: string): void {
    const traceId = traceIdOf(mesh, session, sequence);
    if (!this.#tracing.isSampled(traceId) || this.#open.size >= openMax) return;
    this.#open.set(traceId, { startMs: this.#wallMs(), module, command, events: [] });
  }

  commandSent(mesh: string, session: string, sequence: number, manager: string): void {
    if (this.#open.size === 0) return;
    const open = this.#open.get(traceIdOf(mesh, session, sequence));
    if (open !== undefined && open.events.length < eventsMax) open.events.push({ name: 'sent', atMs: this.#wallMs(), attributes: { 'mesh.manager': manager } });
  }

  commandEnded(mesh: string, session: string, sequence: number, status: string): void {
    if (this.#open.size === 0) return;
    const traceId = traceIdOf(mesh, session, sequence);
    const open = this.#open.get(traceId);
    if (open === undefined) return;
    this.#open.delete(traceId);
    this.#tracing.finished({
      traceId, kind: 'command', place: '', parent: null, startMs: open.startMs, endMs: this.#wallMs(), events: open.events,
      attributes: { 'mesh.id': mesh, 'mesh.module': open.module, 'mesh.command': open.command, 'mesh.sequence': sequence, 'mesh.outcome': status },
    });
  }

  closed(): Promise<void> {
    return this.#tracing.flush();
  }
}
