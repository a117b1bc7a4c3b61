// RFC 4648 §5 without padding. Written out because this package compiles without the DOM's `atob` and Node's `Buffer`.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const valueOf = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value += 1) valueOf[alphabet.charCodeAt(value)] = value;

export function bytesToBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const bits = (first << 16) | (second << 8) | third;
    const digits = alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63) + alphabet.charAt((bits >> 6) & 63) + alphabet.charAt(bits & 63);
    text += digits.slice(0, Math.min(4, bytes.length - at + 1));
  }
  return text;
}

/** `null` for anything but the one text that `bytesToBase64url` gives for some bytes (so no padding, no stray bits). */
export function bytesFromBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, bitCount, at] = [0, 0, 0];
  for (let place = 0; place < text.length; place += 1) {
    const value = valueOf[text.charCodeAt(place)] ?? -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xfff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at] = (bits >> bitCount) & 0xff;
    at += 1;
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : null;
}
