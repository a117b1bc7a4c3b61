import type { Random } from '../ports/random.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 32 random bytes, base64url. */
export function newResumeSecret(random: Random): string {
  return base64url(random.bytes(32));
}

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const digits = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63];
    text += digits.slice(0, Math.min(4, bytes.length - at + 1)).map((digit) => alphabet.charAt(digit)).join('');
  }
  return text;
}
