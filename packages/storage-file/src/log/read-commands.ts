import type { Entry } from '@raft-mesh/raft';

const commandCode = 4;
const fieldsOfCommand = 5;

/**
 * Reads the batch of commands that nearly every batch is, without making anything but the entries: a long log is read at every start.
 * `null` for every other batch, and for bytes that it does not know: those are for the library to judge. Data of entries shares memory with `payload`.
 */
export function readCommands(payload: Uint8Array): Entry[] | null {
  const reader = new PackedReader(payload);
  const count = reader.arrayLength();
  if (count === null) return null;
  const entries: Entry[] = [];
  for (let number = 0; number < count; number += 1) {
    if (reader.arrayLength() !== fieldsOfCommand || reader.number() !== commandCode) return null;
    const term = reader.number();
    const index = reader.number();
    const logTimeMs = reader.number();
    const data = reader.bytes();
    if (!isWhole(term) || !isWhole(index) || !isWhole(logTimeMs) || data === null) return null;
    entries.push({ kind: 'command', term, index, logTimeMs, data });
  }
  return reader.isAtEnd ? entries : null;
}

function isWhole(value: number | null): value is number {
  return value !== null && value >= 0 && value < Infinity;
}

/** The few kinds of MessagePack that a command has; what is asked for and is not there is `null`. */
class PackedReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  arrayLength(): number | null {
    const tag = this.#tag();
    if (tag >= 0x90 && tag <= 0x9f) return tag & 0x0f;
    if (tag === 0xdc) return this.#unsigned(2);
    return tag === 0xdd ? this.#unsigned(4) : null;
  }

  number(): number | null {
    const tag = this.#tag();
    if (tag <= 0x7f) return tag;
    switch (tag) {
      case 0xcc: return this.#unsigned(1);
      case 0xcd: return this.#unsigned(2);
      case 0xce: return this.#unsigned(4);
      case 0xcb: return this.#take(8) ? this.#view.getFloat64(this.#position - 8) : null;
      default: return null;
    }
  }

  bytes(): Uint8Array | null {
    const tag = this.#tag();
    const length = tag === 0xc4 ? this.#unsigned(1) : tag === 0xc5 ? this.#unsigned(2) : tag === 0xc6 ? this.#unsigned(4) : null;
    if (length === null || !this.#take(length)) return null;
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#position - length, length);
  }

  /** None that is asked for when there is nothing left. */
  #tag(): number {
    return this.#take(1) ? this.#view.getUint8(this.#position - 1) : 0xc1;
  }

  #unsigned(size: 1 | 2 | 4): number | null {
    if (!this.#take(size)) return null;
    const at = this.#position - size;
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #take(size: number): boolean {
    if (this.#position + size > this.#bytes.length) return false;
    this.#position += size;
    return true;
  }
}
