/** Levels of objects and arrays in any argument, answer or event. */
export const jsonDepthMax = 32;

/**
 * What keeps a value from being plain JSON (finite numbers, no dates, maps, undefined or functions, at most `depthMax`
 * levels, no key `__proto__`, which codecs treat differently), or `null` when it is. Goes no deeper than `depthMax`, so that no
 * nesting exhausts the stack.
 */
export function jsonProblem(value: unknown, depthMax: number = jsonDepthMax): string | null {
  return problemIn(value, depthMax, depthMax);
}

function problemIn(value: unknown, depthLeft: number, depthMax: number): string | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'numbers must be finite';
  if (typeof value !== 'object') return `a ${typeof value} is not JSON`;
  if (depthLeft === 0) return `nested deeper than ${depthMax} levels`;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      const problem = problemIn(item, depthLeft - 1, depthMax);
      if (problem !== null) return problem;
    }
    return null;
  }
  if (!isPlainObject(value)) return 'only plain objects are JSON';
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return 'the key __proto__ is not allowed';
    const problem = problemIn((value as Readonly<Record<string, unknown>>)[key], depthLeft - 1, depthMax);
    if (problem !== null) return problem;
  }
  return null;
}

// Objects of another realm (a worker, a test's sandbox) have another Object.prototype, so its shape is what counts.
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
