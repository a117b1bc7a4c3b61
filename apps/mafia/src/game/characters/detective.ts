import type { CharacterRule } from '../character.ts';

export const detective: CharacterRule = {
  side: 'town', actions: ['investigate'], seems: 'innocent',
  rule: 'Each night learns whether one other player is guilty, and is deceived by godfathers and framers.',
};
