import { defaultRaftOptions } from '@raft-mesh/raft';
import type { CommandEntry, Configuration, ConfigurationEntry, Entry, Learner, Member, NodeId, NoopEntry, RaftOptions, SnapshotMeta } from '@raft-mesh/raft';

export const id = (name: string): NodeId => name as NodeId;

export const memberOf = (name: string): Member => ({ id: id(name), address: `ws://${name}` });

export const learnerOf = (name: string, promotable = false): Learner => ({ ...memberOf(name), promotable });

export function configurationOf(...voters: readonly string[]): Configuration {
  return { voters: voters.map(memberOf), votersOutgoing: [], learners: [] };
}

/** On the way from `outgoing` to `incoming`. */
export function jointOf(incoming: readonly string[], outgoing: readonly string[]): Configuration {
  return { ...configurationOf(...incoming), votersOutgoing: outgoing.map(memberOf) };
}

export function changeTo(index: number, term: number, configuration: Configuration): ConfigurationEntry {
  return { kind: 'configuration', index, term, logTimeMs: 0, configuration };
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
