// A snapshot's bytes have been checked against their hash. What is read from it is checked for shape all the same, because a state of
// another shape would not fail here but in some later command, on every replica. Cheap enough for millions of rows.

type Fields<Shape> = { readonly [Key in keyof Shape]: (value: unknown) => boolean };

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
export const isTime = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;

export function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every((item) => isItem(item));
}

/** True when every one of these fields is there and right; others are not looked at. */
export function hasFields<Shape>(value: unknown, fields: Fields<Shape>): value is Shape {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in fields) if (!Object.hasOwn(value, key) || !fields[key]((value as Shape)[key])) return false;
  return true;
}

/** Says which rows a snapshot has wrong, never what is in them. */
export function wrongRow(of: string): TypeError {
  return new TypeError(`a row of ${of} in a snapshot is not as it must be. Use another snapshot`);
}
