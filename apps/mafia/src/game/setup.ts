import type { RandomSource } from '@raft-mesh/state-machine';
import type { Character } from './character.ts';
import { characters, everyCharacter } from './characters/index.ts';
import { playersMax, playersMin, playersMinOfCast } from './limits.ts';
import { defaultOptions } from './options/index.ts';
import type { GameOptions } from './options/index.ts';
import type { Player, Seat } from './state.ts';

/** From so many players on; the rest are villagers. */
const standardSetups: readonly { readonly from: number; readonly dealt: readonly Character[] }[] = [
  { from: 5, dealt: ['mafia', 'detective'] },
  { from: 7, dealt: ['mafia', 'mafia', 'detective', 'doctor'] },
  { from: 9, dealt: ['mafia', 'godfather', 'detective', 'doctor'] },
  { from: 10, dealt: ['mafia', 'godfather', 'detective', 'doctor', 'jester'] },
  { from: 12, dealt: ['mafia', 'mafia', 'godfather', 'detective', 'doctor', 'tracker', 'jester'] },
  { from: 14, dealt: ['mafia', 'godfather', 'consort', 'detective', 'doctor', 'vigilante', 'jester'] },
  { from: 16, dealt: ['mafia', 'mafia', 'godfather', 'consort', 'detective', 'doctor', 'tracker', 'vigilante', 'jester'] },
  { from: 20, dealt: ['mafia', 'mafia', 'mafia', 'godfather', 'consort', 'detective', 'doctor', 'tracker', 'vigilante', 'bodyguard', 'watcher', 'jester'] },
  { from: 24, dealt: ['mafia', 'mafia', 'mafia', 'godfather', 'consort', 'framer', 'detective', 'doctor', 'tracker', 'vigilante', 'bodyguard', 'watcher', 'roleblocker', 'mayor', 'jester'] },
  { from: 26, dealt: ['mafia', 'mafia', 'mafia', 'godfather', 'consort', 'framer', 'detective', 'doctor', 'tracker', 'vigilante', 'bodyguard', 'watcher', 'roleblocker', 'mayor', 'jester', 'jester'] },
  { from: 28, dealt: ['mafia', 'mafia', 'mafia', 'mafia', 'godfather', 'consort', 'framer', 'detective', 'doctor', 'tracker', 'vigilante', 'bodyguard', 'watcher', 'roleblocker', 'mayor', 'hunter', 'jester', 'jester'] },
];

type Choice = Pick<GameOptions, 'setup' | 'cast' | 'mafiaWins'>;

function chosenFor(players: number, { setup, cast }: Choice): readonly Character[] {
  switch (setup) {
    case 'standard': return standardSetups.findLast(({ from }) => from <= players)?.dealt ?? [];
    case 'vanilla': return Array.from({ length: Math.max(1, Math.floor(players / 4)) }, () => 'mafia');
    case 'custom': return everyCharacter.flatMap((character) => Array.from({ length: cast[character] ?? 0 }, () => character));
    default: return setup satisfies never;
  }
}

/** Fewest players that a game of this setup needs. */
export const playersMinFor = ({ setup }: Pick<GameOptions, 'setup'>): number => (setup === 'standard' ? playersMin : playersMinOfCast);

/**
 * Which characters a game of `players` has. `null` when the options ask for more of them than there are players, or for so many
 * (or so few) mafia that the game would be over before it began.
 */
export function charactersFor(players: number, options: Choice = defaultOptions): readonly Character[] | null {
  if (!Number.isSafeInteger(players) || players < playersMinFor(options) || players > playersMax) return null;
  const chosen = chosenFor(players, options);
  if (chosen.length > players) return null;
  const mafia = chosen.filter((character) => characters[character].side === 'mafia').length;
  const isOver = mafia === 0 || (options.mafiaWins === 'atParity' ? mafia * 2 >= players : mafia >= players);
  return isOver ? null : [...chosen, ...Array.from({ length: players - chosen.length }, (): Character => 'villager')];
}

/** Gives each seat one of these characters, by chance. */
export function deal(seats: readonly Seat[], dealt: readonly Character[], random: RandomSource): readonly Player[] {
  const shuffled = random.shuffle(dealt);
  return seats.map((seat, place) => {
    const character = shuffled[place];
    if (character === undefined) throw new Error('there are fewer characters than seats');
    return { id: seat.id, name: seat.name, bot: seat.bot, character, died: null, will: '', missedDays: 0, used: 0, isRevealed: false };
  });
}
