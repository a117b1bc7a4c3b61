import { botRandom } from './bot-random.ts';

const hex = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What a bot contributes to the deal of each game: 32 random bytes, the same as long as it asks for the same game. From a seed, when there is one: then it can be foretold. */
export function nonceFor(seed: number | null): (game: number) => string {
  const random = seed === null ? null : botRandom(seed);
  let last = { game: -1, nonce: '' };
  return (game) => {
    if (last.game !== game) last = { game, nonce: hex(random === null ? crypto.getRandomValues(new Uint8Array(32)) : Array.from({ length: 32 }, () => random.below(256))) };
    return last.nonce;
  };
}
