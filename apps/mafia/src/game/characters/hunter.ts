import type { CharacterRule } from '../character.ts';

export const hunter: CharacterRule = {
  side: 'town', actions: ['aim'], seems: 'innocent',
  rule: 'Each night aims at one other player, who dies too if the hunter dies that night or is condemned the day after.',
};
