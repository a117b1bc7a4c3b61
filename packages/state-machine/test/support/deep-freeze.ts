/** Freezes plain objects and arrays all the way down, so that a module that changes its state in place throws. Ordered maps guard themselves. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}
