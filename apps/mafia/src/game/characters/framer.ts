import type { CharacterRule } from '../character.ts';

export const framer: CharacterRule = {
  side: 'mafia', actions: ['kill', 'frame'], seems: 'guilty',
  rule: 'Picks with the mafia, and each night makes one player seem to a detective what they are not.',
};
