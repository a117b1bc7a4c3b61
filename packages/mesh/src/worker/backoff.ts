import type { Random } from '../ports/random.ts';

/** A number from 0 up to, not including, 1. */
export function fraction(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return (high * 256 + low) / 65_536;
}

/** The pause before try number `attempt` (0 is the first try again): doubles up to `maxMs`, a random half of it taken off so that many workers spread out. */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: Random): number {
  const wholeMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 20));
  return wholeMs * (0.5 + fraction(random) / 2);
}
