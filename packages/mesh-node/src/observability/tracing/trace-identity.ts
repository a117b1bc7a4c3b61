import { createHash } from 'node:crypto';

/**
 * The trace of a command is its identity: mesh, session and sequence number, hashed. Every process that sees a command, its retries and its entry in the
 * log comes to the same trace, and to the same ids of the spans that stand above its own, so that nothing has to travel with it.
 */
export function traceIdOf(mesh: string, session: string, sequence: number): string {
  return hash(`${mesh} ${session} ${sequence}`).slice(0, 32);
}

/** What spans of a command are for; `place` is the manager that makes it, empty for the worker. */
export type SpanKind = 'command' | 'handle' | 'replicate' | 'append' | 'apply';

export function spanIdOf(traceId: string, kind: SpanKind, place: string): string {
  return hash(`${traceId} ${kind} ${place}`).slice(0, 16);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
