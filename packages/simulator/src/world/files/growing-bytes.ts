/** Bytes that grow at their end; what was never written is zero. */
export class GrowingBytes {
  #bytes = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A copy, as far as there is any. */
  copy(from: number, to: number): Buffer {
    return Buffer.from(this.view(from, to));
  }

  /** Shares memory; good until the next change. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(Math.min(from, this.#size), Math.min(to, this.#size));
  }

  write(data: Uint8Array, at: number): void {
    if (at + data.length > this.#size) this.resize(at + data.length);
    this.#bytes.set(data, at);
  }

  resize(size: number): void {
    if (size > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
      bytes.set(this.view(0, this.#size));
      this.#bytes = bytes;
    } else if (size < this.#size) {
      this.#bytes.fill(0, size, this.#size);
    }
    this.#size = size;
  }

  flipBit(at: number, bit: number): void {
    this.write(Uint8Array.of((this.#bytes[at] ?? 0) ^ (1 << bit)), at);
  }
}
