import type { OrderedMap } from '../../ordered-map.ts';

const nameCharactersMax = 64;
// Control characters, and those that are invisible or turn the reading direction: two names must not look alike by them.
// eslint-disable-next-line no-control-regex -- these are the characters to take out
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A name as it is kept: no invisible characters, single spaces, at most 64 characters. */
export function cleanName(name: string): string {
  const seen = Array.from(name.replace(unseen, '').replace(/\s+/gu, ' ').trim()).slice(0, nameCharactersMax).join('').trim();
  return seen === '' ? 'agent' : seen;
}

/** The name itself, or with the first free number from 2 behind it; and the names in use with it. */
export function takeName(names: OrderedMap<string, number>, wanted: string): { readonly name: string; readonly names: OrderedMap<string, number> } {
  const base = cleanName(wanted);
  const nextNumber = names.get(base);
  if (nextNumber === undefined) return { name: base, names: names.with(base, 2) };
  for (let number = nextNumber; ; number += 1) {
    const name = `${base} ${number}`;
    if (!names.has(name)) return { name, names: names.with(base, number + 1).with(name, 2) };
  }
}
