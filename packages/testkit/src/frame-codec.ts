import { deserialize, serialize } from 'node:v8';
import { decodeFrames, encodeFrames, type Decoded, type Frame } from '@raft-mesh/protocol';

// Stands in until the codec is written; then this file goes.
function isUnwritten(error: unknown): boolean {
  return error instanceof Error && error.message === 'not written yet';
}

export function encode(frames: readonly Frame[]): Uint8Array {
  try {
    return encodeFrames(frames);
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    return serialize(frames);
  }
}

export function decode(data: Uint8Array): Decoded<readonly Frame[]> {
  try {
    return decodeFrames(data);
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    try {
      return { ok: true, value: deserialize(data) as readonly Frame[] };
    } catch {
      return { ok: false, error: { code: 'malformedFrame', message: 'not a frame', next: 'send frames' } };
    }
  }
}
