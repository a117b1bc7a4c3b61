import type { CharacterRule } from '../character.ts';

export const doctor: CharacterRule = {
  side: 'town', actions: ['protect'], seems: 'innocent',
  rule: 'Each night picks one player, oneself too, whom no attack kills that night; never the same one two nights in a row.',
};
