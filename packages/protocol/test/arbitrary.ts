import * as fc from 'fast-check';
import type * as z from 'zod/mini';
import * as primitives from '../src/primitives.ts';

// Values drawn from the schemas themselves, by a walk of its own: it shares nothing with the codec's.

const identifier = (length: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9_-]{1,${length}}$`));
const managerId = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const text = (minLength: number, maxLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) }).filter((value) => value.length <= maxLength);
const jsonKey = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((key) => key !== '__proto__');
/** As far as JSON goes: no -0 (it has no text), no `__proto__`. */
export const jsonValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)), fc.string({ unit: 'grapheme' }), fc.array(tie('value'), { maxLength: 5 }), fc.dictionary(jsonKey, tie('value'), { maxKeys: 5, noNullPrototype: true })),
})).value;
export const bytesValue = fc.uint8Array({ maxLength: 80 });

const drawn = new Map<unknown, fc.Arbitrary<unknown>>([
  [primitives.meshId, identifier(64)], [primitives.agentId, identifier(64)], [primitives.sessionId, identifier(64)], [primitives.bootId, identifier(64)],
  [primitives.managerId, managerId], [primitives.hostId, managerId], [primitives.nodeId, fc.tuple(managerId, fc.nat()).map(([id, incarnation]) => `${id}:${incarnation}`)],
  [primitives.wholeNumber, fc.maxSafeNat()], [primitives.positiveInteger, fc.maxSafeNat().map((value) => Math.max(1, value))],
  [primitives.bytes, bytesValue], [primitives.json, jsonValue],
]);

export function arbitraryOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  const found = drawn.get(schema);
  if (found !== undefined) return found;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'string': {
      const bound = (name: string, otherwise: number): number => (def.checks ?? []).map((check) => (check._zod.def as unknown as Record<string, number | undefined>)[name]).find((value) => value !== undefined) ?? otherwise;
      return text(bound('minimum', 0), bound('maximum', 100));
    }
    case 'boolean': return fc.boolean();
    case 'literal': return fc.constantFrom(...def.values);
    case 'enum': return fc.constantFrom(...Object.values(def.entries));
    case 'optional': return fc.option(arbitraryOf(def.innerType), { nil: undefined });
    case 'nullable': return fc.option(arbitraryOf(def.innerType));
    case 'array': return fc.array(arbitraryOf(def.element), { maxLength: 6 });
    case 'object': return fc.record(Object.fromEntries(Object.entries(def.shape).map(([key, value]) => [key, arbitraryOf(value)])), { noNullPrototype: true });
    case 'union': return fc.oneof(...def.options.map(arbitraryOf));
    default: throw new Error(`no values for a schema of type ${def.type}`);
  }
}
