import type { CharacterRule } from '../character.ts';

export const jester: CharacterRule = {
  side: 'alone', actions: [], seems: 'innocent',
  rule: 'Wins by being condemned, whoever else wins the game afterwards.',
};
