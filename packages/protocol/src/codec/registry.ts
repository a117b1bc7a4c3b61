import type * as z from 'zod/mini';
import * as manager from '../messages/manager.ts';
import * as raft from '../messages/raft.ts';
import * as worker from '../messages/worker.ts';
import type { WireMessage } from '../message.ts';
import { fieldsOf, objectShape } from './compile.ts';
import type { Field, Shape } from './shape.ts';

/** A message type as the codec knows it. */
export interface Registered {
  readonly type: WireMessage['type'];
  /** The number that stands for `type` in a frame. Never reused, never changed. */
  readonly code: number;
  /** Everything but `type`, in the order of the frame. */
  readonly fields: readonly Field[];
  /** The whole message, `type` first, as in JSON. */
  readonly shape: Shape;
}

type MessageSchema = z.ZodMiniObject<{ readonly type: z.ZodMiniLiteral<WireMessage['type']> } & Record<string, z.core.$ZodType>>;

// Worker to manager from 1, manager to worker from 32, manager to manager from 64, Raft from 96: each code is one byte.
const codes: readonly (readonly [number, unknown])[] = [
  [1, worker.hello], [2, worker.heartbeat], [3, worker.command], [4, worker.query], [5, worker.watch], [6, worker.unwatch], [7, worker.goodbye],
  [32, worker.welcome], [33, worker.heartbeatAck], [34, worker.commandOutcome], [35, worker.commandRetry], [36, worker.queryAnswer],
  [37, worker.viewWhole], [38, worker.viewPatch], [39, worker.viewCurrent], [40, worker.watchRefused], [41, worker.event],
  [42, worker.leaderChanged], [43, worker.managersChanged], [44, worker.error],
  [64, manager.managerHello], [65, manager.managerChallenge], [66, manager.managerProof], [67, manager.managerReady],
  [68, manager.forwardProposal], [69, manager.forwardResult], [70, manager.livenessReport], [71, manager.linkPing],
  [72, manager.forwardQuery], [73, manager.forwardAnswer],
  [96, raft.preVoteRequest], [97, raft.preVoteResponse], [98, raft.voteRequest], [99, raft.voteResponse], [100, raft.appendRequest],
  [101, raft.appendAccepted], [102, raft.appendRejected], [103, raft.snapshotChunk], [104, raft.snapshotChunkResponse],
  [105, raft.readIndexRequest], [106, raft.readIndexResponse],
  [107, raft.timeoutNow], [108, raft.timeoutNowRefused], [109, raft.quiesce], [110, raft.quiesceAccepted], [111, raft.wakeUp],
];

function register(code: number, schema: MessageSchema): Registered {
  const [first, ...fields] = fieldsOf(schema._zod.def.shape);
  const [type] = schema._zod.def.shape.type._zod.def.values;
  if (first?.key !== 'type' || type === undefined) throw new Error(`the first key of message ${code} must be its type`);
  return { type, code, fields, shape: objectShape([first, ...fields]) };
}

export const registry: readonly Registered[] = codes.map(([code, schema]) => register(code, schema as MessageSchema));
export const byCode: ReadonlyMap<unknown, Registered> = new Map(registry.map((registered) => [registered.code, registered]));
export const byType: ReadonlyMap<unknown, Registered> = new Map(registry.map((registered) => [registered.type, registered]));
