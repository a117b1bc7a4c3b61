import { nameLengthMax } from './limits.ts';

// Control characters, and the marks that turn or hide the text around them.
// oxlint-disable-next-line no-control-regex -- these are what is taken out
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** One visible line: no control characters, single spaces, none at the ends. */
export function tidyLine(text: string): string {
  return text.replace(invisible, ' ').replace(/\s+/gu, ' ').trim();
}

/** At most `most` characters, never half a surrogate pair. */
function cut(text: string, most: number): string {
  return Array.from(text).slice(0, most).join('').trim();
}

/** Folds A to Z only: how other letters fold depends on the Unicode tables of the engine, and replicas may run on different ones. */
function folded(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

/** The name as it will stand at the table: tidy, short, and unlike the others there. `null` when nothing visible is left. */
export function nameAtTable(wanted: string, taken: readonly string[]): string | null {
  const name = cut(tidyLine(wanted), nameLengthMax);
  if (name === '') return null;
  const isTaken = (candidate: string): boolean => taken.some((other) => folded(other) === folded(candidate));
  if (!isTaken(name)) return name;
  for (let number = 2; ; number += 1) {
    const ending = ` ${number}`;
    const candidate = cut(name, nameLengthMax - ending.length) + ending;
    if (!isTaken(candidate)) return candidate;
  }
}
