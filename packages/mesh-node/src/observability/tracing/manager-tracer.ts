import type { Observer } from '@raft-mesh/mesh';
import { decodeRecord, managerOf } from '@raft-mesh/protocol';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { Effect, Entry, Input, NodeId } from '@raft-mesh/raft';
import { traceIdOf } from './trace-identity.ts';
import type { FinishedSpan, Tracing } from './tracing.ts';

interface Command { readonly traceId: string; readonly module: string }

/** A traced entry from its append to its application. */
interface TracedEntry {
  readonly command: Command;
  readonly term: number;
  readonly leader: string;
  /** On the leader: when it was proposed, and which manager brought it. */
  readonly proposed: { readonly atMs: number; readonly by: string } | null;
  committedAtMs: number;
}

/** What is traced at a time; the oldest is forgotten. */
const openMax = 4_096;

/**
 * Follows commands through one manager, by what its Raft core is given and answers: `handle` where the worker's link is, `replicate` on the leader until
 * a majority has it, `append` on each disk, `apply` in each state. Names modules and never what was said to them: a command's name alone may be a secret.
 */
export class ManagerTracer implements Observer {
  readonly #tracing: Tracing;
  readonly #identity: ManagerIdentity;
  readonly #wallMs: () => number;
  /** By record: one is seen several times on its way. */
  readonly #known = new WeakMap<Uint8Array, Command | 'none'>();
  readonly #handled = new Map<string, { readonly command: Command; readonly startMs: number }>();
  readonly #forwardedBy = new Map<string, string>();
  readonly #entries = new Map<number, TracedEntry>();
  readonly #writes: { readonly writeId: number; readonly startMs: number; readonly entries: readonly { readonly index: number; readonly entry: TracedEntry }[] }[] = [];

  constructor(tracing: Tracing, identity: ManagerIdentity, wallMs: () => number) {
    this.#tracing = tracing;
    this.#identity = identity;
    this.#wallMs = wallMs;
  }

  commandTaken(record: Uint8Array): void {
    const command = this.#commandIn(record);
    if (command !== null) remember(this.#handled, command.traceId, { command, startMs: this.#wallMs() });
  }

  commandForwarded(from: NodeId, record: Uint8Array): void {
    const command = this.#commandIn(record);
    if (command !== null) remember(this.#forwardedBy, command.traceId, managerOf(from));
  }

  commandAnswered(_agent: string, session: string, sequence: number, retryCode: string | null): void {
    if (this.#handled.size === 0) return;
    const traceId = traceIdOf(this.#identity.mesh, session, sequence);
    const handled = this.#handled.get(traceId);
    if (handled === undefined) return;
    this.#handled.delete(traceId);
    this.#finished(handled.command, 'handle', { kind: 'command', place: '' }, handled.startMs, retryCode === null ? {} : { 'mesh.retry': retryCode });
  }

  stepped(_nowMs: number, input: Input, effects: readonly Effect[]): void {
    if (input.type === 'written') this.#written(input.writeId);
    const accepted = input.type === 'propose' ? effects.find((effect) => effect.type === 'proposalAccepted') : undefined;
    for (const effect of effects) {
      if (effect.type === 'write') this.#write(effect.writeId, effect.entries, accepted === undefined ? (input.type === 'message' ? managerOf(input.from) : null) : this.#identity.manager, accepted !== undefined);
      else if (effect.type === 'apply') for (const { index } of effect.entries) this.#committed(index);
    }
  }

  applied(index: number): void {
    const entry = this.#entries.get(index);
    if (entry === undefined) return;
    this.#entries.delete(index);
    this.#finished(entry.command, 'apply', { kind: 'replicate', place: entry.leader }, entry.committedAtMs, { 'mesh.index': index });
  }

  refused(): void {}
  heartbeat(): void {}

  #write(writeId: number, entries: readonly Entry[], leader: string | null, isProposal: boolean): void {
    if (leader === null || entries.length === 0) return;
    const startMs = this.#wallMs();
    const traced: { readonly index: number; readonly entry: TracedEntry }[] = [];
    for (const entry of entries) {
      const command = entry.kind === 'command' ? this.#commandIn(entry.data) : null;
      if (command === null) continue;
      const proposed = isProposal ? { atMs: startMs, by: this.#forwardedBy.get(command.traceId) ?? this.#identity.manager } : null;
      this.#forwardedBy.delete(command.traceId);
      const tracedEntry: TracedEntry = { command, term: entry.term, leader, proposed, committedAtMs: 0 };
      remember(this.#entries, entry.index, tracedEntry);
      traced.push({ index: entry.index, entry: tracedEntry });
    }
    if (traced.length > 0 && this.#writes.length < openMax) this.#writes.push({ writeId, startMs, entries: traced });
  }

  #written(writeId: number): void {
    for (let first = this.#writes[0]; first !== undefined && first.writeId <= writeId; first = this.#writes[0]) {
      this.#writes.shift();
      for (const { index, entry } of first.entries) this.#finished(entry.command, 'append', { kind: 'replicate', place: entry.leader }, first.startMs, { 'mesh.index': index, 'mesh.term': entry.term });
    }
  }

  #committed(index: number): void {
    const entry = this.#entries.get(index);
    if (entry === undefined) return;
    entry.committedAtMs = this.#wallMs();
    if (entry.proposed !== null) this.#finished(entry.command, 'replicate', { kind: 'handle', place: entry.proposed.by }, entry.proposed.atMs, { 'mesh.index': index, 'mesh.term': entry.term });
  }

  #finished(command: Command, kind: FinishedSpan['kind'], parent: FinishedSpan['parent'], startMs: number, attributes: FinishedSpan['attributes']): void {
    const { mesh, manager } = this.#identity;
    this.#tracing.finished({ traceId: command.traceId, kind, place: manager, parent, startMs, endMs: this.#wallMs(), attributes: { 'mesh.id': mesh, 'mesh.manager': manager, 'mesh.module': command.module, ...attributes } });
  }

  /** `null`: nothing that a worker sent, or not one of those that are traced. */
  #commandIn(record: Uint8Array): Command | null {
    let known = this.#known.get(record);
    if (known === undefined) {
      known = this.#read(record);
      this.#known.set(record, known);
    }
    return known === 'none' ? null : known;
  }

  #read(data: Uint8Array): Command | 'none' {
    try {
      const record = decodeRecord(data);
      if (record.kind !== 'command') return 'none';
      const traceId = traceIdOf(this.#identity.mesh, record.session, record.sequence);
      return this.#tracing.isSampled(traceId) ? { traceId, module: record.module } : 'none';
    } catch {
      // What cannot be read is refused elsewhere.
      return 'none';
    }
  }
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > openMax) for (const oldest of map.keys()) { map.delete(oldest); break; }
}
