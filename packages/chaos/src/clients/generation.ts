/** So long clients work on one set of keys, in ms: what one key goes through stays short enough to be judged. */
const generationMs = 15_000;

/** Which set of keys is in use now. */
export function generation(): number {
  return Math.floor(performance.now() / generationMs);
}
