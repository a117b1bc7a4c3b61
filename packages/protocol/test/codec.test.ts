import { describe, expect, test } from '@jest/globals';
import type { Frame } from '@raft-mesh/protocol';
import { decodeFrames, encodeFrames, frameFromJson, frameToJson } from '@raft-mesh/protocol';
import * as fc from 'fast-check';
import * as z from 'zod/mini';
import { registry } from '../src/codec/registry.ts';
import { managerToManager } from '../src/messages/manager.ts';
import { raftMessages } from '../src/messages/raft.ts';
import { managerToWorker, workerToManager } from '../src/messages/worker.ts';
import { arbitraryOf, jsonValue } from './arbitrary.ts';

const schemas: readonly z.core.$ZodType[] = [...workerToManager, ...managerToWorker, ...managerToManager, ...raftMessages];
const typeOf = (schema: z.core.$ZodType): string => String((((schema as z.core.$ZodTypes)._zod.def as z.core.$ZodObjectDef).shape['type'] as z.ZodMiniLiteral)._zod.def.values[0]);
const anyMessage = fc.oneof(...schemas.map(arbitraryOf));
const anyFrame = fc.record({ mesh: fc.constantFrom('village', 'a', '-_9'), incarnation: fc.integer({ min: 1, max: 2 ** 53 - 1 }), message: anyMessage }) as fc.Arbitrary<Frame>;
const throughJsonText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const plain = (data: Uint8Array): Uint8Array => new Uint8Array(data);

test('every message schema has one code of its own', () => {
  expect(registry.map(({ type }) => type).toSorted()).toEqual(schemas.map(typeOf).toSorted());
  expect(new Set(registry.map(({ code }) => code)).size).toBe(registry.length);
});

describe.each(schemas.map((schema) => [typeOf(schema), schema] as const))('%s', (_type, schema) => {
  const frame = fc.record({ mesh: fc.constant('village'), incarnation: fc.integer({ min: 1, max: 9 }), message: arbitraryOf(schema) }) as fc.Arbitrary<Frame>;

  test('comes back from MessagePack and from JSON as it was', () => {
    fc.assert(fc.property(frame, (sent) => {
      expect(z.safeParse(schema, sent.message).success).toBe(true);
      const bytes = encodeFrames([sent]);
      expect(decodeFrames(bytes)).toEqual({ ok: true, value: [sent] });
      // A browser receives plain Uint8Arrays, at an offset or not.
      expect(decodeFrames(plain(bytes))).toEqual({ ok: true, value: [sent] });
      expect(frameFromJson(throughJsonText(frameToJson(sent)))).toEqual({ ok: true, value: sent });
    }), { numRuns: 25 });
  });

  test('agrees with zod on what is no such message', () => {
    const spoiled = frame.chain((sent) => {
      const json = throughJsonText(frameToJson(sent)) as { message: Record<string, unknown> };
      return fc.record({ sent: fc.constant(json), key: fc.constantFrom(...Object.keys(json.message)), value: fc.oneof(jsonValue, fc.constant(-1), fc.constant(1.5), fc.constant(2 ** 53), fc.constant(''), fc.constant('x'.repeat(5000))) });
    });
    fc.assert(fc.property(spoiled, ({ sent, key, value }) => {
      const message = { ...sent.message, [key]: value };
      const decoded = frameFromJson({ ...sent, message });
      // bytes are text in JSON and Uint8Array in memory, so zod can only judge what was decoded
      if (decoded.ok) expect(z.safeParse(schema, decoded.value.message).success).toBe(true);
      else expect(z.safeParse(schema, message).success).toBe(false);
    }), { numRuns: 25 });
  });
});

test('frames of one message keep their order', () => {
  fc.assert(fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 8 }), (frames) => {
    expect(decodeFrames(encodeFrames(frames))).toEqual({ ok: true, value: frames });
  }), { numRuns: 50 });
});

test('decoded bytes do not share memory with what was received', () => {
  const sent = { mesh: 'village', incarnation: 1, message: { type: 'managerProof', signature: new Uint8Array([1, 2, 3]) } } as unknown as Frame;
  const received = plain(encodeFrames([sent]));
  const decoded = decodeFrames(received);
  received.fill(0xff);
  expect(decoded).toEqual({ ok: true, value: [sent] });
});

test('what encodeFrames gave is not written to by the next call', () => {
  fc.assert(fc.property(fc.array(anyFrame, { minLength: 2, maxLength: 20 }), (frames) => {
    const encoded = frames.map((frame) => encodeFrames([frame]));
    expect(encoded.map((bytes) => decodeFrames(bytes))).toEqual(frames.map((frame) => ({ ok: true, value: [frame] })));
  }), { numRuns: 25 });
});
