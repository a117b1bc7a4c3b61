import { bytesFromBase64url, bytesToBase64url } from './base64url.ts';
import { fail } from './fault.ts';
import type { Shape } from './shape.ts';

const same = (value: unknown): unknown => value;

/** A value that looks the same in memory, in a tuple and in JSON. */
export function leafShape(description: string, accepts: (value: unknown) => boolean): Shape {
  const from: Shape['fromTuple'] = (raw, fault) => (accepts(raw) ? raw : fail(fault, description));
  return { description, toTuple: same, fromTuple: from, toJson: same, fromJson: from };
}

/** Bytes: MessagePack `bin`, or base64url text in JSON. */
export const bytesShape: Shape = {
  description: 'bytes',
  toTuple: same,
  fromTuple: (raw, fault) => (raw instanceof Uint8Array ? raw : fail(fault, 'bytes')),
  toJson: (value) => bytesToBase64url(value as Uint8Array),
  fromJson: (raw, fault) => (typeof raw === 'string' ? bytesFromBase64url(raw) : null) ?? fail(fault, 'bytes as base64url without padding'),
};
