/** The node's only source of randomness: sfc32, a small generator whose whole state comes from one seed. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Any safe integer; ids are mixed in by the caller so that nodes with one seed still differ. */
  constructor(seed: number, salt: string) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = hash(salt);
    // The first outputs still show the seed's bits.
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** A whole number in [min, max). */
  between(min: number, max: number): number {
    return min + Math.floor((this.#next() / 2 ** 32) * (max - min));
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let position = 0; position < text.length; position++) value = Math.imul(value ^ text.charCodeAt(position), 0x01000193);
  return value;
}
