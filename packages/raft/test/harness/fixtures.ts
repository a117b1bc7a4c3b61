import { defaultRaftOptions } from '@raft-mesh/raft';
import type { CommandEntry, Configuration, Entry, NodeId, NoopEntry, RaftOptions, SnapshotMeta } from '@raft-mesh/raft';

export const id = (name: string): NodeId => name as NodeId;

export function configurationOf(...voters: readonly string[]): Configuration {
  return { voters: voters.map((name) => ({ id: id(name), address: `ws://${name}` })), votersOutgoing: [], learners: [] };
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function noop(index: number, term: number): NoopEntry {
  return { kind: 'noop', index, term, logTimeMs: 0 };
}

export function command(index: number, term: number, text = `${term}.${index}`): CommandEntry {
  return { kind: 'command', index, term, logTimeMs: 0, data: bytes(text) };
}

/** A log from index 1 with these terms, one entry each. */
export function logOf(...terms: readonly number[]): readonly Entry[] {
  return terms.map((term, offset) => command(offset + 1, term));
}

export function snapshotAt(lastIndex: number, lastTerm: number, configuration: Configuration, sizeBytes = 0): SnapshotMeta {
  return { lastIndex, lastTerm, logTimeMs: 0, configuration, sizeBytes };
}

export interface Start {
  readonly voters?: readonly string[];
  readonly term?: number;
  readonly votedFor?: string | null;
  readonly entries?: readonly Entry[];
  readonly snapshot?: SnapshotMeta;
  readonly seed?: number;
  readonly options?: Partial<RaftOptions>;
}

export function optionsOf(name: string, start: Start): RaftOptions {
  const entries = start.entries ?? [];
  return {
    ...defaultRaftOptions,
    id: id(name),
    seed: start.seed ?? 1,
    persisted: {
      hardState: { term: start.term ?? entries.at(-1)?.term ?? start.snapshot?.lastTerm ?? 0, votedFor: start.votedFor == null ? null : id(start.votedFor) },
      snapshot: start.snapshot ?? snapshotAt(0, 0, configurationOf(...(start.voters ?? ['a', 'b', 'c']))),
      entries,
    },
    ...start.options,
  };
}
