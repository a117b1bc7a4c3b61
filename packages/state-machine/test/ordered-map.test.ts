import { expect, test } from '@jest/globals';
import { canonicalJson, jsonProblem, OrderedMap } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';

test('an ordered map does what a sorted Map does, and its older selves keep their content', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.option(fc.nat())), { maxLength: 400 });
  fc.assert(fc.property(changes, fc.nat({ max: 300 }), (list, lowest) => {
    let map = OrderedMap.empty<number, number>();
    const model = new Map<number, number>();
    const held: { readonly map: OrderedMap<number, number>; readonly content: string }[] = [];
    const sorted = () => [...model].sort(([left], [right]) => left - right);
    for (const [key, value] of list) {
      map = value === null ? map.without(key) : map.with(key, value);
      if (value === null) model.delete(key);
      else model.set(key, value);
      expect(map.get(key)).toBe(model.get(key));
      if (key % 10 === 0) held.push({ map, content: JSON.stringify(sorted()) });
    }
    expect([...map.entries()]).toEqual(sorted());
    expect([...map.entries(lowest)]).toEqual(sorted().filter(([key]) => key >= lowest));
    expect(map.size).toBe(model.size);
    expect(map.firstKey()).toBe(sorted()[0]?.[0]);
    expect([...OrderedMap.from(model).entries()]).toEqual(sorted());
    for (const { map, content } of held) expect(JSON.stringify([...map.entries()])).toBe(content);
  }), { seed: 11, numRuns: 60 });
});

test('strings are in the order of their UTF-16 code units', () => {
  const words = ['b', 'a/1', 'a', 'Z', 'é', '\ud83d\ude00', '\uffee', ''];
  expect([...OrderedMap.from(words.map((word) => [word, 1] as const)).entries()].map(([word]) => word)).toEqual([...words].sort());
});

test('taking away what is not there gives the same map', () => {
  const map = OrderedMap.from<string, number>([['a', 1]]);
  expect(map.without('b')).toBe(map);
});

test('the canonical text depends on the value alone, and parses back to it', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const reversed = Object.fromEntries(Object.entries(value).reverse());
    const text = canonicalJson(value as Parameters<typeof canonicalJson>[0]);
    expect(text).toBe(canonicalJson(reversed as Parameters<typeof canonicalJson>[0]));
    expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(text)));
    expect(canonicalJson(JSON.parse(text) as Parameters<typeof canonicalJson>[0])).toBe(text);
  }), { seed: 5, numRuns: 200 });
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  expect(() => canonicalJson(NaN)).toThrow(TypeError);
});

test('32 levels are JSON, 33 are too many', () => {
  let value: unknown = 0;
  for (let level = 0; level < 32; level += 1) value = [value];
  expect(jsonProblem(value)).toBeNull();
  expect(jsonProblem([value])).toContain('32 levels');
});
