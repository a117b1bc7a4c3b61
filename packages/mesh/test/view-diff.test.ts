import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { diffViews } from '../src/manager/view-diff.ts';
import { patched } from '../src/worker/view-copy.ts';

const item = (id: number, votes = 0): JsonValue => ({ id, votes, words: [`w${id}`] });
const operationsOf = (before: JsonValue, after: JsonValue): JsonValue => {
  const difference = diffViews(before, after);
  return difference.kind === 'patch' ? difference.operations : difference.kind;
};

describe('the difference of two views', () => {
  test('names the one field of the one item of a list that has changed', () => {
    const before = { items: [item(1), item(2), item(3)] };
    expect(operationsOf(before, { items: [item(1), item(2, 7), item(3)] })).toEqual([{ op: 'replace', path: '/items/1/votes', value: 7 }]);
    expect(operationsOf([[1, 2, 3], [4]], [[1, 9, 3], [4]])).toEqual([{ op: 'replace', path: '/0/1', value: 9 }]);
  });

  test('finds what has moved on in a list that keeps its length', () => {
    const lines = (from: number): JsonValue => Array.from({ length: 10 }, (_, place) => item(from + place));
    expect(operationsOf(lines(0), lines(1))).toEqual([{ op: 'remove', path: '/0' }, { op: 'add', path: '/-', value: item(10) }]);
  });

  test('leads to the view it was made for, whatever the two are', () => {
    const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
      json: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constantFrom<JsonValue>(null, true, 0, 1, 'a', 'b'), fc.array(tie('json'), { maxLength: 5 }), fc.dictionary(fc.constantFrom('x', 'y', 'a/b'), tie('json'), { maxKeys: 3 })),
    }));
    fc.assert(fc.property(json, json, (before, after) => {
      const difference = diffViews(before, after);
      if (difference.kind === 'same') expect(after).toEqual(before);
      else if (difference.kind === 'patch') expect(patched(before, difference.operations)).toEqual(after);
    }));
  });
});
