import { describe, expect, test } from '@jest/globals';
import * as lean from '@raft-mesh/mesh-browser/lean-schemas';
import * as zod from 'zod/mini';

type Zod = typeof zod;

/** One of everything, made with either. */
function schemasOf(z: Zod): Readonly<Record<string, zod.ZodMiniType>> {
  const name = z.custom<string>((value) => typeof value === 'string' && /^[a-z]{1,8}$/u.test(value), 'must be a name');
  const whole = z.number().check(z.refine((value) => Number.isSafeInteger(value) && value >= 0, 'must be whole'));
  const address = z.string().check(z.minLength(1), z.maxLength(5));
  return {
    name, whole, address,
    flag: z.boolean(), kind: z.enum(['a', 'b']), one: z.literal('one'), small: z.int().check(z.gte(0), z.lte(9)),
    list: z.array(whole).check(z.minLength(1), z.maxLength(2)), maybe: z.nullable(address),
    mesh: z.object({ name, whole, later: z.optional(z.literal(true)), managers: z.array(z.object({ name, address: z.nullable(address) })) }),
    change: z.discriminatedUnion('change', [z.object({ change: z.literal('join'), name }), z.object({ change: z.literal('leave'), whole: z.optional(whole) })]),
  };
}

const values: readonly unknown[] = [
  'abc', 'ABC', '', 'abcdef', 'one', 'a', 'b', 0, 9, 10, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined, [], [1], [1, 2], [1, 2, 3], ['x'], {},
  { name: 'abc', whole: 1, managers: [] }, { name: 'abc', whole: 1, managers: [], more: 'dropped' }, { name: 'abc', whole: 1, later: true, managers: [{ name: 'x', address: null }] },
  { name: 'abc', whole: 1, later: false, managers: [] }, { name: 'abc', whole: 1, later: undefined, managers: [] }, { name: 'abc', managers: [] }, { name: 'abc', whole: 1, managers: [{ name: 'x', address: 'too long' }] }, { name: 'abc', whole: 1, managers: {} },
  { change: 'join', name: 'x' }, { change: 'join' }, { change: 'leave' }, { change: 'leave', whole: -1 }, { change: 'stay' },
];

describe('the lean schemas', () => {
  const ofZod = schemasOf(zod);
  const ofLean = schemasOf(lean as unknown as Zod);
  test.each(Object.keys(ofZod))('take and refuse what zod does: %s', (key) => {
    for (const value of values) {
      const [wanted, given] = [ofZod[key]?.safeParse(value), ofLean[key]?.safeParse(value)];
      expect([value, given?.success, given?.data]).toEqual([value, wanted?.success, wanted?.data]);
    }
  });

  test('refuse to run a check that they do not know', () => {
    const strange = lean.string().check({ _zod: { def: { check: 'email' } } });
    expect(() => strange.safeParse('a')).toThrow('no check email');
  });
});
