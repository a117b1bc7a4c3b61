import { dealt, sealed } from '../proof/deal.ts';
import type { Sealed } from '../proof/deal.ts';
import { contributionHash } from '../proof/hashes.ts';
import type { RecordEntry } from '../proof/record.ts';
import { charactersFor } from '../setup.ts';
import { initialState } from '../state.ts';
import type { Lobby } from '../state.ts';
import { wrong } from './replayed.ts';
import type { Replayed } from './replayed.ts';

type Entry<Kind extends RecordEntry['kind']> = RecordEntry & { readonly kind: Kind };

/** Fixes again what was fixed before anything was opened. */
export function replaySealed(secret: string, { game, by, seats, options, commitments, atMs }: Entry<'sealed'>): Replayed {
  const ids = seats.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) return wrong('somebody has two seats');
  if (charactersFor(seats.length, options) === null) return wrong('so many players cannot play by these rules');
  if (commitments.some((made) => !ids.includes(made.by)) || new Set(commitments.map((made) => made.by)).size !== commitments.length) return wrong('somebody without a seat has committed, or somebody twice');
  const initial = initialState();
  if (initial.phase !== 'lobby') return wrong('a game begins in the lobby');
  const lobby: Lobby = { ...initial, game, seats, commitments, secret };
  return { ok: true, state: sealed(lobby, secret, by, options, atMs) };
}

/** Deals again, by the secret and what was opened. */
export function replayDealt(lobby: Sealed, { contributions, atMs }: Entry<'dealt'>): Replayed {
  const { opening, commitments, game } = lobby;
  for (const contribution of contributions) {
    const commitment = commitments.find(({ by }) => by === contribution.by);
    if (commitment?.hash !== contributionHash(game, contribution)) return wrong(`what ${contribution.by} opened is not what they had committed to`);
  }
  if (new Set(contributions.map(({ by }) => by)).size !== contributions.length) return wrong('somebody opened twice');
  if (contributions.length < commitments.length && atMs < opening.untilMs) return wrong('somebody was left out before their time was over');
  return { ok: true, state: dealt({ ...lobby, opening: { ...opening, contributions } }, atMs) };
}
