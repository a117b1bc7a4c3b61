import type { CharacterRule } from '../character.ts';

export const tracker: CharacterRule = {
  side: 'town', actions: ['track'], seems: 'innocent',
  rule: 'Each night follows one other player, and learns whom they visited.',
};
