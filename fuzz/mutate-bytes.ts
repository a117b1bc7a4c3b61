import type { Draw } from './draw.ts';

/** Bytes at which formats change their mind: MessagePack's type bytes, and what text gives a meaning to. */
const edgeBytes = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x2f, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcf, 0xd3, 0xd4, 0xd9, 0xdb, 0xdd, 0xdf, 0xe0, 0xff];
const edgeLengths = [0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const words = ['null', 'true', '-0', '1e999', '-1e999', '9007199254740993', '1e-999', '"\\u0000"', '"\\ud800"', '"__proto__":', '"constructor":', '[[[[', '{"a":', '\n', '\r\n', '\r\n\r\n', ': ', '%00', '%', '..%2f', '\u202e', '\ufeff', '😀'].map((word) => new TextEncoder().encode(word));

/** One to four changes of bytes. `other`: another sample, to splice with. */
export function mutateBytes(data: Uint8Array, draw: Draw, other: () => Uint8Array): Uint8Array {
  let changed = data;
  for (let left = 1 + draw.below(4); left > 0; left -= 1) changed = changeOnce(changed, draw, other);
  return changed;
}

function changeOnce(data: Uint8Array, draw: Draw, other: () => Uint8Array): Uint8Array {
  const at = draw.below(data.length + 1);
  const until = Math.min(data.length, at + 1 + draw.below(draw.chance(800) ? 8 : 200));
  switch (draw.below(11)) {
    case 0: return with_(data, (copy) => { if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << draw.below(8)); });
    case 1: return with_(data, (copy) => { if (at < copy.length) copy[at] = draw.of(edgeBytes); });
    case 2: return with_(data, (copy) => { if (at < copy.length) copy[at] = draw.byte(); });
    case 3: return with_(data, (copy) => { if (at + 4 <= copy.length) new DataView(copy.buffer).setUint32(at, draw.of(edgeLengths), draw.chance(500)); });
    case 4: return joined(data.subarray(0, at), data.subarray(until));
    case 5: return joined(data.subarray(0, at), data.subarray(at, until), data.subarray(at));
    case 6: return data.subarray(0, at);
    case 7: return joined(data.subarray(0, at), Uint8Array.from({ length: 1 + draw.below(9) }, () => draw.byte()), data.subarray(at));
    case 8: return joined(data.subarray(0, at), draw.of(words), data.subarray(at));
    case 9: { const second = other(); return joined(data.subarray(0, at), second.subarray(draw.below(second.length + 1))); }
    default: {
      const times = draw.chance(20) ? 2000 : 1 + draw.below(20);
      return data.length * times > 256 * 1024 ? data : joined(...Array.from({ length: times }, () => data.subarray(at, until)), data);
    }
  }
}

function with_(data: Uint8Array, change: (copy: Uint8Array<ArrayBuffer>) => void): Uint8Array {
  const copy = new Uint8Array(data);
  change(copy);
  return copy;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
