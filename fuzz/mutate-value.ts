import type { Draw } from './draw.ts';

/** Where a decoder's arithmetic, its limits and its tables have their edges. */
const numbers = [0, -0, 1, -1, 2, 7, 8, 15, 16, 31, 32, 33, 64, 127, 128, 255, 256, 257, 1024, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 1.5, -0.5, 1e308, -1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY];
const texts = ['', 'a', ' ', '\0', '\n', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON', '\ud800', '\udfff', '\u202eabc', '\ufeff', 'é', 'e\u0301', '😀', '0', '-1', '1e9', 'null', '../..', '//', 'http://', 'http://[', 'file:///', '*', 'Bearer ', '=', 'a.b.c', '/', '~', '~0~1', '-', '/-', '/0'];
const keys = ['__proto__', 'constructor', 'prototype', 'type', 'kind', 'length', '', 'toString', '0', '4294967296', '\ud800'];

/** A value of the tree of plain values: JSON, and bytes where the format has them. */
export function mutateValue(value: unknown, draw: Draw, other: () => unknown): unknown {
  let changed = value;
  for (let left = draw.below(4); left >= 0; left -= 1) changed = changeWithin(changed, draw, other);
  return changed;
}

/** Goes down by chance, and changes what it meets there. Nothing is written to: what is changed is made anew. */
function changeWithin(value: unknown, draw: Draw, other: () => unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && draw.chance(800)) {
    const at = draw.below(value.length);
    return value.map((item: unknown, place) => (place === at ? changeWithin(item, draw, other) : item));
  }
  if (isObject(value) && draw.chance(800)) {
    const entries = Object.entries(value);
    if (entries.length > 0) {
      const at = draw.below(entries.length);
      return fromEntries(entries.map(([key, item], place): [string, unknown] => [key, place === at ? changeWithin(item, draw, other) : item]));
    }
  }
  return changeHere(value, draw, other);
}

function changeHere(value: unknown, draw: Draw, other: () => unknown): unknown {
  if (draw.chance(150)) return other();
  if (draw.chance(250)) return anyValue(draw);
  if (typeof value === 'number') return draw.of([value + 1, value - 1, -value, value * 2, value + 0.5, ...numbers]);
  if (typeof value === 'string') return changedText(value, draw);
  if (value instanceof Uint8Array) return changedBytes(value, draw);
  if (Array.isArray(value)) return changedList(value, draw);
  if (isObject(value)) return changedObject(value, draw);
  return anyValue(draw);
}

function anyValue(draw: Draw): unknown {
  switch (draw.below(12)) {
    case 0: return null;
    case 1: return draw.chance(500);
    case 2: case 3: case 4: return draw.of(numbers);
    case 5: case 6: return draw.of(texts);
    case 7: return draw.of(['x', 'é', '😀', '\0', '{', '['] as const).repeat(draw.of([10, 64, 65, 256, 257, 1024, 4097, draw.chance(50) ? 300_000 : 100]));
    case 8: return new Uint8Array(draw.of([0, 1, 16, 31, 32, 33, 64, 1000]));
    case 9: return nested(draw.of([2, 5, 31, 32, 33, 40, 60, draw.chance(100) ? 3_000 : 45]), draw);
    case 10: return Array.from({ length: draw.of([0, 1, 2, 16, 17, 64, 65, draw.chance(50) ? 70_000 : 100]) }, () => draw.of([0, '', null, 'a']));
    default: return draw.chance(500) ? [] : {};
  }
}

function nested(depth: number, draw: Draw): unknown {
  const key = draw.of(['a', '', 'value']);
  const asList = draw.chance(500);
  let value: unknown = draw.of([0, 'leaf', null]);
  for (let level = 0; level < depth; level += 1) value = asList ? [value] : { [key]: value };
  return value;
}

function changedText(text: string, draw: Draw): string {
  const at = draw.below(text.length + 1);
  switch (draw.below(6)) {
    case 0: return text.slice(0, at);
    case 1: return text.slice(at);
    case 2: return text.slice(0, at) + draw.of(texts) + text.slice(at);
    case 3: return text + text;
    case 4: return text.slice(0, at) + String.fromCharCode(draw.chance(500) ? draw.below(128) : draw.below(0x10000)) + text.slice(at + 1);
    default: return draw.of(texts);
  }
}

function changedBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const copy = new Uint8Array(bytes);
  switch (draw.below(4)) {
    case 0: if (copy.length > 0) copy[draw.below(copy.length)] = draw.byte(); return copy;
    case 1: return copy.slice(0, draw.below(copy.length + 1));
    case 2: return Uint8Array.from({ length: draw.below(80) }, () => draw.byte());
    default: return Uint8Array.from([...copy, ...copy.slice(0, 1000)]);
  }
}

function changedList(list: readonly unknown[], draw: Draw): unknown[] {
  const at = draw.below(list.length + 1);
  switch (draw.below(5)) {
    case 0: return list.toSpliced(at, 1);
    case 1: return list.toSpliced(at, 0, list[draw.below(list.length + 1)] ?? null);
    case 2: return list.toSpliced(at, 0, anyValue(draw));
    case 3: return list.toReversed();
    default: { const item = list[at] ?? list[0] ?? null; return [...list, ...Array.from({ length: draw.of([1, 2, 10, draw.chance(100) ? 5_000 : 30]) }, () => item)]; }
  }
}

function changedObject(object: Readonly<Record<string, unknown>>, draw: Draw): unknown {
  const entries = Object.entries(object);
  const at = draw.below(Math.max(1, entries.length));
  switch (draw.below(4)) {
    case 0: return fromEntries(entries.toSpliced(at, 1));
    case 1: return fromEntries([...entries, [draw.of(keys), anyValue(draw)]]);
    case 2: return fromEntries(entries.map(([key, item], place): [string, unknown] => [place === at ? draw.of(keys) : key, item]));
    default: return entries.map(([, item]) => item);
  }
}

/** Like `Object.fromEntries`; a key `__proto__` is a key as any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
