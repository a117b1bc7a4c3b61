import type { LogRecord } from '@raft-mesh/state-machine';
import { compile, fieldsFromTuple, fieldsToTuple } from './codec/compile.ts';
import { describeFault, invalid, newFault } from './codec/fault.ts';
import { scanValue } from './codec/message-pack-scan.ts';
import { packValue, unpackValue } from './codec/message-pack.ts';
import { byCode, byType } from './codec/registry.ts';
import type { Registered } from './codec/registry.ts';
import type { ProtocolError, ProtocolErrorCode } from './errors.ts';
import type { Frame } from './frame.ts';
import type { MeshIdentity } from './identity.ts';
import { frameBytesMax, messageBytesMax } from './limits.ts';
import type { WireMessage } from './message.ts';
import { meshId, positiveInteger } from './primitives.ts';
import { logRecord } from './record.ts';

export type Decoded<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ProtocolError };

/** `before`: the whole frames in front of the bad one. `about`: whose frame the bad one claims to be, when that much could be read. */
export type DecodedFrames =
  | { readonly ok: true; readonly value: readonly Frame[] }
  | { readonly ok: false; readonly error: ProtocolError; readonly before: readonly Frame[]; readonly about: MeshIdentity | null };

const meshShape = compile(meshId);
const incarnationShape = compile(positiveInteger);
const recordShape = compile(logRecord);
const headerLength = 3;

/** One WebSocket message from one or more frames (concatenated MessagePack arrays). The result is never written to again. Throws on messages that are none (a bug of the caller). */
export function encodeFrames(frames: readonly Frame[]): Uint8Array {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return encodeFrame(only);
  return concatenate(frames.map(encodeFrame));
}

function encodeFrame({ mesh, incarnation, message }: Frame): Uint8Array {
  const registered = registeredAs(message);
  return packValue(fieldsToTuple(registered.fields, message, [mesh, incarnation, registered.code]));
}

/** Checks size, then shape. Never throws on input. Byte fields of the result do not share memory with `data`. */
export function decodeFrames(data: Uint8Array): DecodedFrames {
  const frames: Frame[] = [];
  const stop = (error: ProtocolError, about: MeshIdentity | null = null): DecodedFrames => ({ ok: false, error, before: frames, about });
  if (data.length > messageBytesMax) return stop(tooLarge(data.length, messageBytesMax));
  if (data.length === 0) return stop(malformed('there is no frame in it'));
  let at = 0;
  while (at < data.length) {
    const scan = scanValue(data, at);
    if (!scan.ok) return stop(malformed(scan.problem));
    if (scan.end - at > frameBytesMax) return stop(tooLarge(scan.end - at, frameBytesMax));
    const slice = data.subarray(at, scan.end);
    // One copy for all byte fields of a frame: the entries of a replication message live and die together.
    const decoded = frameFromTuple(unpackValue(scan.hasBytes ? new Uint8Array(slice) : slice));
    if (!decoded.ok) return stop(decoded.error, decoded.about);
    frames.push(decoded.value);
    at = scan.end;
  }
  return { ok: true, value: frames };
}

function frameFromTuple(tuple: unknown): { readonly ok: true; readonly value: Frame } | { readonly ok: false; readonly error: ProtocolError; readonly about: MeshIdentity | null } {
  if (!Array.isArray(tuple) || tuple.length < headerLength) return { ok: false, error: malformed('it is no array of mesh, incarnation, code and fields'), about: null };
  const fault = newFault();
  const [mesh, incarnation, code] = tuple as readonly unknown[];
  if (meshShape.fromTuple(mesh, fault) === invalid || incarnationShape.fromTuple(incarnation, fault) === invalid) {
    return { ok: false, error: malformed(`mesh and incarnation come first: one of them is not ${fault.expected}`), about: null };
  }
  const about = { mesh, incarnation } as MeshIdentity;
  const registered = byCode.get(code);
  if (registered === undefined) return { ok: false, error: unknownMessage(`code ${typeof code === 'number' ? code : 'of a wrong type'}`), about };
  if (tuple.length !== headerLength + registered.fields.length) {
    return { ok: false, error: invalidMessage(registered, `it must have ${registered.fields.length} fields`), about };
  }
  const message = fieldsFromTuple(registered.fields, tuple, headerLength, { type: registered.type }, fault);
  if (message === invalid) return { ok: false, error: invalidMessage(registered, describeFault(fault)), about };
  return { ok: true, value: { ...about, message: message as unknown as WireMessage } };
}

/** One frame as the JSON value used in HTTP bodies: `{ mesh, incarnation, message }`, bytes as base64url. */
export function frameToJson({ mesh, incarnation, message }: Frame): unknown {
  return { mesh, incarnation, message: registeredAs(message).shape.toJson(message) };
}

/** The way back; `value` is what `JSON.parse` gave. Never throws on input; keys that the schema does not name are left out. */
export function frameFromJson(value: unknown): Decoded<Frame> {
  const fault = newFault();
  const { mesh, incarnation, message } = ownProperties(value, ['mesh', 'incarnation', 'message']);
  if (meshShape.fromJson(mesh, fault) === invalid || incarnationShape.fromJson(incarnation, fault) === invalid) {
    return { ok: false, error: malformed(`it needs mesh and incarnation: one of them is not ${fault.expected}`) };
  }
  const { type } = ownProperties(message, ['type']);
  const registered = byType.get(type);
  if (registered === undefined) return { ok: false, error: unknownMessage('type') };
  const decoded = registered.shape.fromJson(message, fault);
  if (decoded === invalid) return { ok: false, error: invalidMessage(registered, describeFault(fault)) };
  return { ok: true, value: { mesh, incarnation, message: decoded } as Frame };
}

/** The bytes of a Raft command entry. The result is a copy of its own. */
export function encodeRecord(record: LogRecord): Uint8Array {
  return new Uint8Array(packValue(recordShape.toTuple(record)));
}

/** Throws on bytes that `encodeRecord` did not make: they come from a log that checks its own sums. Byte fields are copies. */
export function decodeRecord(data: Uint8Array): LogRecord {
  const scan = scanValue(data, 0);
  if (!scan.ok || scan.end !== data.length) throw new Error(`no log record: ${scan.ok ? 'something follows it' : scan.problem}`);
  const fault = newFault();
  const record = recordShape.fromTuple(unpackValue(scan.hasBytes ? new Uint8Array(data) : data.subarray()), fault);
  if (record === invalid) throw new Error(`no log record: ${describeFault(fault)}`);
  return record as LogRecord;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function registeredAs(message: WireMessage): Registered {
  const registered = byType.get(message.type);
  if (registered === undefined) throw new Error(`there is no message of type ${message.type}`);
  return registered;
}

function ownProperties<Key extends string>(value: unknown, keys: readonly Key[]): { readonly [K in Key]?: unknown } {
  const found: { [K in Key]?: unknown } = {};
  if (typeof value !== 'object' || value === null) return found;
  for (const key of keys) if (Object.hasOwn(value, key)) found[key] = (value as Readonly<Record<Key, unknown>>)[key];
  return found;
}

const error = (code: ProtocolErrorCode, message: string, next: string): ProtocolError => ({ code, message, next });
const malformed = (problem: string): ProtocolError => error('malformedFrame', `This is no frame: ${problem}.`, 'Send frames as docs/protocol.md describes them.');
const tooLarge = (sizeBytes: number, maxBytes: number): ProtocolError => error('frameTooLarge', `${sizeBytes} bytes arrived at once; ${maxBytes} is the most.`, 'Send less at once.');
const unknownMessage = (which: string): ProtocolError => error('unknownMessage', `There is no message of this ${which}.`, 'Use the message types of this protocol version (docs/protocol.md).');
const invalidMessage = (registered: Registered, problem: string): ProtocolError => error('invalidMessage', `The message ${registered.type} is not well formed: ${problem}.`.slice(0, 1024), `Compare it with ${registered.type} in docs/protocol.md.`);
