/** Whole numbers for bots, from a seed: a bot that is started again with the same seed plays alike. */
export interface BotRandom {
  /** From 0 to `limit` - 1. */
  below(limit: number): number;
}

/** xorshift32: quick, and good enough to choose a victim with. */
export function botRandom(seed: number): BotRandom {
  let word = (seed | 0) || 0x9e3779b9;
  return {
    below(limit) {
      word ^= word << 13; word ^= word >>> 17; word ^= word << 5;
      return (word >>> 0) % limit;
    },
  };
}

/** A seed from any text (FNV-1a). */
export function seedFrom(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return hash | 0;
}

export function oneOf<Item>(items: readonly Item[], random: BotRandom): Item | null {
  return items.length === 0 ? null : items[random.below(items.length)] ?? null;
}
