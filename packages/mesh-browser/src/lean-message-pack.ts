import { Decoder, Encoder } from '@msgpack/msgpack';

// What a bundler may take for `msgpackr/pack` and `msgpackr/unpack` in a page: half the size, and a page has no need of the speed. Both
// write and read the same plain MessagePack (no records, no extension types); `scanValue` has seen the bytes before, as ever.

export class Packr {
  readonly #encoder = new Encoder();
  pack(value: unknown): Uint8Array { return this.#encoder.encode(value); }
}

export class Unpackr {
  readonly #decoder = new Decoder();
  unpack(data: Uint8Array): unknown { return this.#decoder.decode(data); }
}
