import type { CharacterRule } from '../character.ts';

export const godfather: CharacterRule = {
  side: 'mafia', actions: ['kill'], seems: 'innocent',
  rule: 'Picks with the mafia, goes to kill only when no other can, and seems innocent to a detective.',
};
