/** Wall-clock ms with fractions: when spans begin and end. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
