import { describe, expect, test } from '@jest/globals';
import * as lean from '@raft-mesh/mesh-browser/lean-message-pack';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';

// As packages/protocol/src/codec/message-pack.ts makes them.
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const leanPackr = new lean.Packr();
const leanUnpackr = new lean.Unpackr();

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' }, fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)), fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('any'), { maxLength: 20 }), fc.dictionary(fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'), tie('any'), { maxKeys: 20, noNullPrototype: true }),
  ),
})).any;

/** Bytes as plain numbers, so that a Buffer equals a Uint8Array. */
const plain = (given: unknown): unknown => (given instanceof Uint8Array ? [...given] : Array.isArray(given) ? given.map(plain) : typeof given === 'object' && given !== null ? Object.fromEntries(Object.entries(given).map(([key, inner]) => [key, plain(inner)])) : given);

describe('the lean MessagePack', () => {
  test('reads what managers write, and the other way round', () => {
    fc.assert(fc.property(value, (made) => {
      expect(plain(leanUnpackr.unpack(new Uint8Array(packr.pack(made))))).toEqual(plain(made));
      expect(plain(unpackr.unpack(leanPackr.pack(made)))).toEqual(plain(made));
    }), { seed: 7, numRuns: 300 });
  });

  test('reads long texts, maps and arrays', () => {
    const long = { text: 'ü'.repeat(70_000), list: Array.from({ length: 70_000 }, (_, place) => place), map: Object.fromEntries(Array.from({ length: 20 }, (_, place) => [`k${place}`, place])) };
    expect(leanUnpackr.unpack(new Uint8Array(packr.pack(long)))).toEqual(long);
    expect(unpackr.unpack(leanPackr.pack(long))).toEqual(long);
  });
});
