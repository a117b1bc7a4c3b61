import * as fc from 'fast-check';
import type { WireMessage } from '@raft-mesh/protocol';
import type { LogRecord } from '@raft-mesh/state-machine';
import { managerToManager } from '../../packages/protocol/src/messages/manager.ts';
import { raftMessages } from '../../packages/protocol/src/messages/raft.ts';
import { managerToWorker, workerToManager } from '../../packages/protocol/src/messages/worker.ts';
import { arbitraryOf } from '../../packages/protocol/test/arbitrary.ts';

/** Drawn from each schema, so that a new message brings its samples along. */
const drawn = <Message>(schemas: readonly unknown[], each: number): readonly Message[] =>
  schemas.flatMap((schema, place) => fc.sample(arbitraryOf(schema as Parameters<typeof arbitraryOf>[0]), { seed: 1000 + place, numRuns: each })) as readonly Message[];

export const messageSamples = drawn<WireMessage>([...workerToManager, ...managerToWorker, ...managerToManager, ...raftMessages], 6);

const random = Uint8Array.from({ length: 32 }, (_, place) => place);

/** Commands of every module that each mesh has, and of the game. */
export const commandSamples: readonly (readonly [module: string, command: string, args: unknown])[] = [
  ['documents', 'put', { key: 'notes/a', value: { text: 'é😀', list: [1, 2, { deep: null }] } }],
  ['documents', 'put', { key: 'agents/ada/state', value: 1 }],
  ['documents', 'compareAndSet', { key: 'notes/a', expectedVersion: 1, value: [true, false] }],
  ['documents', 'mergePatch', { key: 'notes/a', patch: { text: null, more: { even: 'more' } } }],
  ['documents', 'delete', { key: 'notes/a' }],
  ['members', 'setPermissions', { agent: 'ada', permissions: ['documents.put', '*'], accessRole: 'admin' }],
  ['members', 'revoke', { agent: 'bob' }],
  ['mafia', 'join', { game: 1 }],
  ['mafia', 'start', { game: 1, phase: 'lobby', round: 0, options: { nightMs: 1000, dayMs: 1000 } }],
  ['mafia', 'say', { game: 1, text: 'hello\u202e' }],
  ['mafia', 'vote', { game: 1, phase: 'day', round: 1, target: 'bob' }],
  ['mafia', 'kill', { game: 1, phase: 'night', round: 1, target: 'bob' }],
  ['mafia', 'rematch', { game: 1 }],
];

export const recordSamples: readonly LogRecord[] = [
  ...commandSamples.map(([module, command, args], place): LogRecord => ({ kind: 'command', agent: 'ada', session: 's-1', sequence: place + 1, acknowledgedThrough: 0, module, command, arguments: args, random: place % 2 === 0 ? random : null }) as unknown as LogRecord),
  { kind: 'runtime', module: 'members', command: 'admit', arguments: { tokenId: 't-2', agent: 'bob', name: 'Bob', kind: 'cli', accessRole: 'worker', permissions: ['*'], resumeSecretHash: 'ab', session: 's-2' } } as unknown as LogRecord,
  { kind: 'runtime', module: 'members', command: 'setStatus', arguments: { changes: [{ agent: 'ada', status: 'dead' }] } } as unknown as LogRecord,
  { kind: 'runtime', module: 'sessions', command: 'open', arguments: { agent: 'ada', session: 's-3' } } as unknown as LogRecord,
  { kind: 'time', random },
];
