import type { RandomSource } from '@raft-mesh/state-machine';
import type { Character } from './character.ts';
import { playersMax, playersMin } from './limits.ts';
import type { Player, Seat } from './state.ts';

/** Which characters a game of `players` has: a quarter mafia, one detective, from six players one doctor, else villagers. */
export function charactersFor(players: number): readonly Character[] {
  if (!Number.isSafeInteger(players) || players < playersMin || players > playersMax) throw new Error(`no setup for ${players} players`);
  const characters: Character[] = Array.from({ length: Math.floor(players / 4) }, () => 'mafia');
  characters.push('detective');
  if (players >= 6) characters.push('doctor');
  while (characters.length < players) characters.push('villager');
  return characters;
}

/** Gives each seat a character, by chance. */
export function deal(seats: readonly Seat[], random: RandomSource): readonly Player[] {
  const characters = random.shuffle(charactersFor(seats.length));
  return seats.map((seat, place) => {
    const character = characters[place];
    if (character === undefined) throw new Error('a shuffle lost a character');
    return { id: seat.id, name: seat.name, character, died: null };
  });
}
