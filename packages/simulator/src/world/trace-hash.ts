/**
 * A running hash over what happens, of numbers and short texts alone: equal for equal runs on every version of the platform.
 * Two 32-bit lanes, mixed as in MurmurHash3.
 */
export class TraceHash {
  #a = 0x9747b28c;
  #b = 0x1b873593;
  readonly #textHashes = new Map<string, number>();

  number(value: number): void {
    const low = value | 0;
    this.#a = mixed(this.#a, low);
    this.#b = mixed(this.#b, Math.floor(value / 0x1_0000_0000) ^ Math.imul(low, 0x85ebca6b));
  }

  /** Only for a few different texts: each is remembered. */
  text(text: string): void {
    let hash = this.#textHashes.get(text);
    if (hash === undefined) {
      hash = hashOf(text);
      this.#textHashes.set(text, hash);
    }
    this.number(hash);
  }

  /** A time in ms, to the microsecond. */
  time(ms: number): void {
    this.number(Math.round(ms * 1000));
  }

  get digest(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0');
  }
}

function mixed(state: number, value: number): number {
  let word = Math.imul(value, 0xcc9e2d51);
  word = (word << 15) | (word >>> 17);
  const next = state ^ Math.imul(word, 0x1b873593);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function hashOf(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value | 0;
}
