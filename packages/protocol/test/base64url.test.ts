import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { bytesFromBase64url, bytesToBase64url } from '../src/codec/base64url.ts';

test('agrees with Node on every length', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
    const text = bytesToBase64url(bytes);
    expect(text).toBe(Buffer.from(bytes).toString('base64url'));
    expect(bytesFromBase64url(text)).toEqual(bytes);
  }));
});

test.each(['A', 'AB=', 'AB==', 'A+', 'A/', 'A B', 'AAAAA', 'AB', 'AAF', '\u00e9A', 'é中'])('%s is refused', (text) => { expect(bytesFromBase64url(text)).toBeNull(); });
