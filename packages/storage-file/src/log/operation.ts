import type { Configuration, Entry, HardState, LogIndex, NodeId } from '@raft-mesh/raft';
import { Packr } from 'msgpackr';
import { readCommands } from './read-commands.ts';

/** One step in the life of a log. Read from the first segment to the last, they give the state. */
export type LogOperation =
  /** The first in every segment: the next entry to come. `reset`: everything before it is dropped (a snapshot was installed). */
  | { readonly kind: 'start'; readonly nextIndex: LogIndex; readonly reset: boolean }
  | { readonly kind: 'hardState'; readonly hardState: HardState }
  /** Every entry ≥ `from` is dropped. */
  | { readonly kind: 'truncate'; readonly from: LogIndex }
  | { readonly kind: 'entry'; readonly entry: Entry };

const codes = { start: 0, hardState: 1, truncate: 2, noop: 3, command: 4, configuration: 5 } as const;

const packr = new Packr({ useRecords: false, mapsAsObjects: true });

/** MessagePack: an array with one array per operation, see docs/storage-format.md. */
export function encodeOperations(operations: readonly LogOperation[]): Uint8Array {
  return packr.pack(operations.map(toTuple));
}

/** Throws when the bytes are not what `encodeOperations` makes. Data of entries shares memory with `data`. */
export function decodeOperations(data: Uint8Array): LogOperation[] {
  const commands = readCommands(data);
  if (commands !== null) return commands.map((entry) => ({ kind: 'entry', entry }));
  const value: unknown = packr.unpack(data);
  if (!Array.isArray(value)) throw new Error('a batch is not an array');
  return value.map(fromTuple);
}

function toTuple(operation: LogOperation): readonly unknown[] {
  switch (operation.kind) {
    case 'start': return [codes.start, operation.nextIndex, operation.reset];
    case 'hardState': return [codes.hardState, operation.hardState.term, operation.hardState.votedFor];
    case 'truncate': return [codes.truncate, operation.from];
    case 'entry': return entryToTuple(operation.entry);
    default: return operation satisfies never;
  }
}

function entryToTuple(entry: Entry): readonly unknown[] {
  switch (entry.kind) {
    case 'noop': return [codes.noop, entry.term, entry.index, entry.logTimeMs];
    case 'command': return [codes.command, entry.term, entry.index, entry.logTimeMs, entry.data];
    case 'configuration': return [codes.configuration, entry.term, entry.index, entry.logTimeMs, entry.configuration];
    default: return entry satisfies never;
  }
}

function fromTuple(tuple: unknown): LogOperation {
  if (!Array.isArray(tuple)) throw new Error('an operation is not an array');
  const [code, first, second, third, fourth]: readonly unknown[] = tuple;
  switch (code) {
    case codes.start: return { kind: 'start', nextIndex: whole(first), reset: second === true };
    case codes.hardState: return { kind: 'hardState', hardState: { term: whole(first), votedFor: nodeOrNull(second) } };
    case codes.truncate: return { kind: 'truncate', from: whole(first) };
    case codes.noop: return { kind: 'entry', entry: { kind: 'noop', term: whole(first), index: whole(second), logTimeMs: whole(third) } };
    case codes.command: return { kind: 'entry', entry: { kind: 'command', term: whole(first), index: whole(second), logTimeMs: whole(third), data: bytes(fourth) } };
    case codes.configuration:
      return { kind: 'entry', entry: { kind: 'configuration', term: whole(first), index: whole(second), logTimeMs: whole(third), configuration: configurationFrom(fourth) } };
    default: throw new Error(`there is no operation ${typeof code === 'number' ? code : 'of this code'}`);
  }
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`${typeof value === 'number' ? value : typeof value} is not a whole number from 0`);
  return value as number;
}

function nodeOrNull(value: unknown): NodeId | null {
  if (value === null) return null;
  if (typeof value !== 'string') throw new Error('a vote names no node');
  return value as NodeId;
}

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('a command has no bytes');
  // Not a Buffer: its `slice` would share memory where a Uint8Array copies.
  return new Uint8Array(value.buffer, value.byteOffset, value.length);
}

/** Throws when the value is no configuration. */
export function configurationFrom(value: unknown): Configuration {
  if (typeof value !== 'object' || value === null) throw new Error('there is no configuration');
  const { voters, votersOutgoing, learners } = value as Partial<Record<keyof Configuration, unknown>>;
  return { voters: membersFrom(voters), votersOutgoing: membersFrom(votersOutgoing), learners: learnersFrom(learners) };
}

function learnersFrom(value: unknown): Configuration['learners'] {
  const members = membersFrom(value);
  return members.map((member, position) => ({ ...member, promotable: (Object((value as readonly unknown[])[position]) as { promotable?: unknown }).promotable === true }));
}

function membersFrom(value: unknown): Configuration['voters'] {
  if (!Array.isArray(value)) throw new Error('a configuration lacks a list of members');
  return value.map((member: unknown) => {
    const { id, address } = Object(member) as { id?: unknown; address?: unknown };
    if (typeof id !== 'string' || typeof address !== 'string') throw new Error('a member lacks id or address');
    return { id: id as NodeId, address };
  });
}
