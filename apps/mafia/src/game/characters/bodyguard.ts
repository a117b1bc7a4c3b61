import type { CharacterRule } from '../character.ts';

export const bodyguard: CharacterRule = {
  side: 'town', actions: ['guard'], seems: 'innocent',
  rule: 'Each night stands before one other player, who survives; the first attacker and the bodyguard die in their place.',
};
