import { describe, expect, test } from '@jest/globals';
import type { Frame } from '@raft-mesh/protocol';
import { decodeFrames, decodeRecord, encodeFrames, frameFromJson, isJsonValue, limits } from '@raft-mesh/protocol';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr';
import { registry } from '../src/codec/registry.ts';
import { jsonValue } from './arbitrary.ts';

const packr = new Packr({ useRecords: false });
const pack = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value));
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const frameOf = (message: unknown): Frame => ({ mesh: 'm', incarnation: 1, message }) as unknown as Frame;
const codeOf = (data: Uint8Array): string => {
  const decoded = decodeFrames(data);
  return decoded.ok ? 'ok' : decoded.error.code;
};
const command = encodeFrames([frameOf({ type: 'command', sequence: 1, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: { key: 'a', value: [1, 2, { deep: true }] } })]);
const append = encodeFrames([frameOf({ type: 'appendRequest', term: 1, previousIndex: 0, previousTerm: 0, entries: [{ kind: 'command', term: 1, index: 1, logTimeMs: 0, data: new Uint8Array(20) }, { kind: 'noop', term: 1, index: 2, logTimeMs: 0 }], commitIndex: 0, logTimeMs: 0, readContext: 0 })]);

describe('59. no bytes make decodeFrames throw', () => {
  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (data) => { decodeFrames(data); }), { numRuns: 2000 });
  });
  test('random values in a frame of a known code', () => {
    fc.assert(fc.property(fc.constantFrom(...registry), fc.array(jsonValue, { maxLength: 9 }), (registered, fields) => {
      const decoded = decodeFrames(pack(['m', 1, registered.code, ...fields]));
      expect(decoded.ok || decoded.error.code === 'invalidMessage').toBe(true);
    }), { numRuns: 1000 });
  });
  test.each([['command', command], ['appendRequest', append]])('every truncation of %s is malformed', (_name, whole) => {
    for (let length = 0; length < whole.length; length += 1) expect(codeOf(whole.slice(0, length))).toBe('malformedFrame');
  });
  test('one changed byte', () => {
    fc.assert(fc.property(fc.constantFrom(command, append), fc.nat(), fc.nat(255), (whole, at, byte) => {
      const changed = new Uint8Array(whole);
      changed[at % whole.length] = byte;
      decodeFrames(changed);
    }), { numRuns: 2000 });
  });
  test('random JSON values, and JSON frames with one thing exchanged', () => {
    fc.assert(fc.property(jsonValue, fc.constantFrom('mesh', 'incarnation', 'message'), (value, key) => {
      frameFromJson(value);
      frameFromJson({ mesh: 'm', incarnation: 1, message: { type: 'heartbeat', beat: 1 }, [key]: value });
    }), { numRuns: 500 });
    for (const value of [undefined, null, 3, 'x', [], {}, Object.create(null)]) expect(frameFromJson(value).ok).toBe(false);
  });
});

describe('each kind of fault has its code', () => {
  test.each([
    ['nothing', ''], ['a number', '05'], ['an empty array', '90'], ['no mesh', '93 05 01 02'], ['incarnation 0', '94 a1 6d 00 02 05'],
    ['an extension type', '94 a1 6d 01 02 d4 00 00'], ['a bundled-strings extension', '94 a1 6d 01 02 c7 04 62 00000000'], ['a date', '94 a1 6d 01 02 d6 ff 00000000'],
    ['the unused token', '94 a1 6d 01 02 c1'], ['a uint64 above 2^53 - 1', '94 a1 6d 01 02 cf 0020000000000000'], ['an int64 below', '94 a1 6d 01 02 d3 8000000000000000'],
    ['an array of four thousand million', '94 a1 6d 01 02 dd ffffffff'], ['a map with a number as key', '94 a1 6d 01 02 81 01 01'],
    ['a binary longer than the frame', '94 a1 6d 01 42 c6 7fffffff'], ['a text longer than the frame', '94 a1 6d 01 02 db ffffffff 61'],
    ['a key __proto__', `94 a1 6d 01 02 81 a9 ${Buffer.from('__proto__').toString('hex')} 80`],
  ])('%s is malformed', (_name, hex) => { expect(codeOf(bytesOf(hex))).toBe('malformedFrame'); });

  test.each([['an unknown code', '94 a1 6d 01 1f 05'], ['a code of a wrong type', '94 a1 6d 01 a1 61 05']])('%s is an unknown message', (_name, hex) => { expect(codeOf(bytesOf(hex))).toBe('unknownMessage'); });
  test.each([
    ['a field too few', '94 a1 6d 01 02 05'], ['a field too many', '96 a1 6d 01 02 05 c0 05'], ['a fraction', '95 a1 6d 01 02 cb 3ff8000000000000 c0'],
    ['a negative number', '95 a1 6d 01 02 ff c0'], ['2^53 as a float', '95 a1 6d 01 02 cb 4340000000000000 c0'], ['text for a number', '95 a1 6d 01 02 a1 35 c0'],
  ])('%s is an invalid message', (_name, hex) => { expect(codeOf(bytesOf(hex))).toBe('invalidMessage'); });
  test('a whole number may come as any integer or float', () => {
    for (const hex of ['05', 'cc 05', 'cd 0005', 'ce 00000005', 'cf 0000000000000005', 'd0 05', 'd3 0000000000000005', 'ca 40a00000', 'cb 4014000000000000']) {
      expect(decodeFrames(bytesOf(`95 a1 6d 01 02 ${hex} c0`))).toEqual({ ok: true, value: [frameOf({ type: 'heartbeat', beat: 5 })] });
    }
  });
  test('bytes after the last frame are malformed, and the frames before are kept', () => {
    const decoded = decodeFrames(bytesOf('95 a1 6d 01 02 05 c0 95 a1'));
    expect(decoded).toMatchObject({ ok: false, error: { code: 'malformedFrame' }, before: [frameOf({ type: 'heartbeat', beat: 5 })], about: null });
  });
  test('an invalid message names whose it is, and never repeats what arrived', () => {
    const decoded = decodeFrames(pack(['m', 1, 3, 1, 0, 'documents', 'put secret'.repeat(50), {}]));
    expect(decoded).toMatchObject({ ok: false, error: { code: 'invalidMessage', message: expect.stringContaining('command must be text of 1 to 256 characters') as unknown }, about: { mesh: 'm', incarnation: 1 } });
    expect(JSON.stringify(decoded)).not.toContain('secret');
  });
  test('the place of a fault deep inside is named', () => {
    const decoded = decodeFrames(pack(['m', 1, 100, 1, 0, 0, [['noop', 1, 1, 0], ['noop', 1, 0, 0]], 0, 0, 0]));
    expect(decoded).toMatchObject({ ok: false, error: { message: expect.stringContaining('entries[1].index must be a whole number from 1') as unknown } });
  });
});

describe('bounds', () => {
  test('a frame over the limit is too large, and is not decoded', () => {
    expect(codeOf(encodeFrames([frameOf({ type: 'event', module: 'm', index: 1, event: 'x'.repeat(limits.frameBytesMax) })]))).toBe('frameTooLarge');
    expect(codeOf(new Uint8Array(limits.messageBytesMax + 1))).toBe('frameTooLarge');
  });
  const nested = (depth: number): unknown => { let value: unknown = 1; for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value }; return value; };
  test('JSON values nest 32 levels and no more', () => {
    const frame = (depth: number): Frame => frameOf({ type: 'event', module: 'm', index: 1, event: nested(depth) });
    expect(codeOf(encodeFrames([frame(limits.jsonDepthMax)]))).toBe('ok');
    expect(codeOf(encodeFrames([frame(limits.jsonDepthMax + 1)]))).toBe('invalidMessage');
    expect(codeOf(encodeFrames([frame(limits.jsonDepthMax + 20)]))).toBe('malformedFrame');
    expect(frameFromJson({ mesh: 'm', incarnation: 1, message: { type: 'event', module: 'm', index: 1, event: nested(1000) } }).ok).toBe(false);
  });
  test('a megabyte of opening brackets is refused quickly and without a stack overflow', () => {
    expect(codeOf(new Uint8Array(1024 * 1024).fill(0x91))).toBe('malformedFrame');
    expect(codeOf(new Uint8Array(1024 * 1024).fill(0x81))).toBe('malformedFrame');
  });
});

describe('prototypes', () => {
  test('a JSON body cannot set one', () => {
    const body: unknown = JSON.parse('{"mesh":"m","incarnation":1,"message":{"type":"event","module":"m","index":1,"event":{"a":{"__proto__":{"admin":true}}}}}');
    expect(frameFromJson(body)).toMatchObject({ ok: false, error: { code: 'invalidMessage' } });
    expect(isJsonValue(JSON.parse('{"__proto__":1}'))).toBe(false);
  });
  test('inherited names are no message types and no fields', () => {
    for (const type of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) expect(frameFromJson({ mesh: 'm', incarnation: 1, message: { type } })).toMatchObject({ ok: false, error: { code: 'unknownMessage' } });
    expect(frameFromJson({ mesh: 'm', incarnation: 1, message: Object.create({ type: 'heartbeat', beat: 1 }) }).ok).toBe(false);
  });
  test('keys such as constructor are plain data', () => {
    const sent = frameOf({ type: 'event', module: 'm', index: 1, event: { constructor: 1, toString: { valueOf: null }, '': 0, '1': 2 } });
    expect(decodeFrames(encodeFrames([sent]))).toEqual({ ok: true, value: [sent] });
  });
});

test('decodeRecord throws on what encodeRecord did not make', () => {
  for (const data of [new Uint8Array(), bytesOf('92 a4 74696d65 c4 00 00'), bytesOf('92 a4 74696d65 05'), pack(['nothing', 1]), command]) expect(() => decodeRecord(data)).toThrow(/no log record/);
});
