import { jsonDepthMax } from '../limits.ts';

/** Levels of arrays around a JSON value in the deepest message, and some. */
const depthMax = jsonDepthMax + 8;

export type Scan =
  /** One whole value ends before `end`. `hasBytes`: there is a `bin` in it. */
  | { readonly ok: true; readonly end: number; readonly hasBytes: boolean }
  | { readonly ok: false; readonly problem: string };

const refused = (problem: string): Scan => ({ ok: false, problem });
const protoKey = Uint8Array.from('__proto__', (character) => character.charCodeAt(0));

/**
 * Walks one MessagePack value without building anything. A decoder believes a declared length and reserves memory for it;
 * after this walk every length is covered by bytes that are there, depth is bounded, map keys are text other than
 * `__proto__`, integers are safe, and no extension type is left.
 */
export function scanValue(data: Uint8Array, start: number): Scan {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = data.length;
  // Values still to come on each open level; maps count keys and values.
  const remaining: number[] = [];
  const isMap: boolean[] = [];
  let at = start;
  let hasBytes = false;
  for (;;) {
    if (at >= length) return refused('it ends in the middle of a value');
    const token = view.getUint8(at);
    at += 1;
    const level = remaining.length - 1;
    const isKey = level >= 0 && isMap[level] === true && (remaining[level] ?? 0) % 2 === 0;
    const width = widthOf(token);
    if (at + width > length) return refused('it ends in the middle of a value');
    let textLength = -1;
    let skip = width;
    let items = -1;
    let opensMap = false;
    if (token < 0x80 || token >= 0xe0) skip = 0;
    else if (token < 0x90) { items = (token & 0x0f) * 2; opensMap = true; }
    else if (token < 0xa0) items = token & 0x0f;
    else if (token < 0xc0) textLength = token & 0x1f;
    else switch (token) {
      case 0xc0: case 0xc2: case 0xc3: break;
      case 0xc4: case 0xc5: case 0xc6: hasBytes = true; skip = width + readLength(view, at, width); break;
      case 0xca: case 0xcb: case 0xcc: case 0xcd: case 0xce: case 0xd0: case 0xd1: case 0xd2: break;
      case 0xcf: if (view.getUint32(at) > 0x1f_ffff) return refused('an integer is above 2^53 - 1'); break;
      case 0xd3: if (!Number.isSafeInteger(Number(view.getBigInt64(at)))) return refused('an integer is beyond 2^53 - 1'); break;
      case 0xd9: case 0xda: case 0xdb: textLength = readLength(view, at, width); break;
      case 0xdc: case 0xdd: items = readLength(view, at, width); break;
      case 0xde: case 0xdf: items = readLength(view, at, width) * 2; opensMap = true; break;
      default: return refused(`the MessagePack type 0x${token.toString(16)} is not used here`);
    }
    if (textLength >= 0) {
      skip = width + textLength;
      if (isKey && textLength === protoKey.length && protoKey.every((byte, place) => data[at + width + place] === byte)) return refused('a map key is __proto__');
    } else if (isKey) return refused('a map key is not text');
    at += skip;
    if (at > length) return refused('it ends in the middle of a value');
    if (level >= 0) remaining[level] = (remaining[level] ?? 0) - 1;
    if (items > 0) {
      if (items > length - at) return refused('a declared length is longer than what follows');
      if (remaining.length >= depthMax) return refused(`it is nested deeper than ${depthMax} levels`);
      remaining.push(items);
      isMap.push(opensMap);
    }
    while (remaining.length > 0 && remaining.at(-1) === 0) {
      remaining.pop();
      isMap.pop();
    }
    if (remaining.length === 0) return { ok: true, end: at, hasBytes };
  }
}

/** Bytes between the token and the content: the value itself for numbers, the declared length for the rest. */
function widthOf(token: number): number {
  switch (token) {
    case 0xc4: case 0xcc: case 0xd0: case 0xd9: return 1;
    case 0xc5: case 0xcd: case 0xd1: case 0xda: case 0xdc: case 0xde: return 2;
    case 0xc6: case 0xca: case 0xce: case 0xd2: case 0xdb: case 0xdd: case 0xdf: return 4;
    case 0xcb: case 0xcf: case 0xd3: return 8;
    default: return 0;
  }
}

function readLength(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}
