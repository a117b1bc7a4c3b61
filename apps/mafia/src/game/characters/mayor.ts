import type { CharacterRule } from '../character.ts';

export const mayor: CharacterRule = {
  side: 'town', actions: [], seems: 'innocent',
  rule: 'May reveal themselves by day, and from then on has two lynch votes instead of one.',
};
