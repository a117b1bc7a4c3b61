import type { LogRecord } from '@raft-mesh/state-machine';
import type { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';

export type Decoded<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ProtocolError };

/** One WebSocket message from one or more frames (concatenated MessagePack arrays). The result may be a slice of a pool: send it before the next call, or copy. */
export function encodeFrames(_frames: readonly Frame[]): Uint8Array { throw new Error('not written yet'); }
/** Checks size, then shape. Never throws on input. Byte fields of the result are copies. */
export function decodeFrames(_data: Uint8Array): Decoded<readonly Frame[]> { throw new Error('not written yet'); }
/** One frame as the JSON value used in HTTP bodies: `{ mesh, incarnation, message }`, bytes as base64url. */
export function frameToJson(_frame: Frame): unknown { throw new Error('not written yet'); }
export function frameFromJson(_value: unknown): Decoded<Frame> { throw new Error('not written yet'); }
/** The bytes of a Raft command entry. The result is a copy of its own. */
export function encodeRecord(_record: LogRecord): Uint8Array { throw new Error('not written yet'); }
/** Throws on bytes that `encodeRecord` did not make: they come from a log that checks its own sums. */
export function decodeRecord(_data: Uint8Array): LogRecord { throw new Error('not written yet'); }
