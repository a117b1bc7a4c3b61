/** Levels of objects and arrays in any argument, answer or event. */
export const jsonDepthMax = 32;

interface Pending {
  readonly value: unknown;
  readonly depthLeft: number;
}

/**
 * What keeps a value from being plain JSON (finite numbers, no dates, maps, undefined or functions, at most `depthMax`
 * levels, no key `__proto__`, which codecs treat differently), or `null` when it is. Walks without recursion, so that no
 * nesting exhausts the stack.
 */
export function jsonProblem(value: unknown, depthMax: number = jsonDepthMax): string | null {
  const pending: Pending[] = [{ value, depthLeft: depthMax }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value: current, depthLeft } = next;
    if (current === null || typeof current === 'boolean' || typeof current === 'string') continue;
    if (typeof current === 'number') {
      if (!Number.isFinite(current)) return 'numbers must be finite';
      continue;
    }
    if (typeof current !== 'object') return `a ${typeof current} is not JSON`;
    if (depthLeft === 0) return `nested deeper than ${depthMax} levels`;
    if (Array.isArray(current)) {
      for (const item of current) pending.push({ value: item, depthLeft: depthLeft - 1 });
      continue;
    }
    if (!isPlainObject(current)) return 'only plain objects are JSON';
    for (const [key, item] of Object.entries(current)) {
      if (key === '__proto__') return 'the key __proto__ is not allowed';
      pending.push({ value: item, depthLeft: depthLeft - 1 });
    }
  }
  return null;
}

// Objects of another realm (a worker, a test's sandbox) have another Object.prototype, so its shape is what counts.
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
