import { canonicalJson, digestOfText } from '@raft-mesh/state-machine';
import type { AgentId, JsonValue, RandomSource } from '@raft-mesh/state-machine';
import type { Contribution, RecordedStep } from './record.ts';

// Every hash of the fair deal. Each begins with a word of its own, so that none can stand in for another.

/** 32 random bytes, hex, 64 digits. */
export function drawnSecret(random: RandomSource): string {
  return Array.from({ length: 8 }, () => random.integerBelow(2 ** 32).toString(16).padStart(8, '0')).join('');
}

/** What the managers bind themselves to before anyone contributes; head 0 of the chain. */
export const commitmentTo = (secret: string): string => digestOfText(`mafia secret ${secret}`);

/** What a player binds themselves to. It names the player and the game, so that nobody can take over another's. */
export const contributionHash = (game: number, { by, nonce }: Contribution): string => digestOfText(`mafia contribution ${canonicalJson([game, by, nonce])}`);

/** What all randomness of a game comes from: the secret, which no player knows, and contributions, which no manager knew when the secret was fixed. */
export const seedOf = (secret: string, game: number, contributions: readonly Contribution[]): string =>
  digestOfText(`mafia seed ${canonicalJson([secret, game, contributions.map(({ by, nonce }) => [by, nonce])])}`);

/**
 * The head of the chain after one more step. The secret is in each, or whoever sees heads could try out what a night may have been.
 * `bytes` is the length of the step's text.
 */
export function headAfter(head: string, secret: string, number: number, atMs: number, step: RecordedStep): { readonly head: string; readonly bytes: number } {
  const text = canonicalJson([number, atMs, step as unknown as JsonValue]);
  return { head: digestOfText(`mafia step ${head} ${secret} ${text}`), bytes: text.length };
}

const hexOf32Bytes = /^[0-9a-f]{64}$/u;
export const isHash = (value: unknown): value is string => typeof value === 'string' && hexOf32Bytes.test(value);

/** In the order of the seats, so that nobody gains by opening first or last. */
export const inSeatOrder = <Made extends { readonly by: AgentId }>(made: readonly Made[], seats: readonly { readonly id: AgentId }[]): readonly Made[] => seats.flatMap(({ id }) => made.filter(({ by }) => by === id));
