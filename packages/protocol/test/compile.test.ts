import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { compile } from '../src/codec/compile.ts';
import { invalid } from '../src/codec/fault.ts';

test.each([
  ['a plain number', z.number()], ['a date', z.date()], ['a pattern', z.string().check(z.regex(/a/))],
  ['a union without a discriminator', z.union([z.string(), z.boolean()])], ['a case whose discriminator is not first', z.discriminatedUnion('kind', [z.object({ a: z.string(), kind: z.literal('x') })])],
])('%s has no wire form, which is seen when the package loads', (_name, schema) => {
  expect(() => compile(schema)).toThrow(/wire form|needs a name|first key/);
});

test('a description changes with everything that changes the bytes', () => {
  const schemas = [
    z.object({ a: z.string(), b: z.boolean() }), z.object({ b: z.boolean(), a: z.string() }), z.object({ a: z.nullable(z.string()), b: z.boolean() }), z.object({ a: z.optional(z.string()), b: z.boolean() }),
    z.object({ a: z.string().check(z.maxLength(9)), b: z.boolean() }), z.object({ a: z.array(z.string()), b: z.boolean() }), z.object({ a: z.enum(['x', 'y']), b: z.boolean() }),
  ];
  expect(new Set(schemas.map((schema) => compile(schema).description)).size).toBe(schemas.length);
});

test('what is left out is null in a tuple, and left out again on the way back', () => {
  const shape = compile(z.object({ a: z.optional(z.string()), b: z.boolean() }));
  const fault = { path: [], expected: '' };
  expect(shape.toTuple({ b: true })).toEqual([null, true]);
  expect(shape.fromTuple([null, true], fault)).toStrictEqual({ b: true });
  expect(JSON.stringify(shape.toJson({ b: true }))).toBe('{"b":true}');
  expect(shape.fromJson({ b: true }, fault)).toStrictEqual({ b: true });
  expect(shape.fromJson({ a: null, b: true }, fault)).toBe(invalid);
});
