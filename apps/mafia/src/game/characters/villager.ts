import type { CharacterRule } from '../character.ts';

export const villager: CharacterRule = {
  side: 'town', actions: [], seems: 'innocent',
  rule: 'Sleeps by night, and has no power but the lynch vote.',
};
