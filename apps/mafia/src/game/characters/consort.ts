import type { CharacterRule } from '../character.ts';

export const consort: CharacterRule = {
  side: 'mafia', actions: ['kill', 'block'], seems: 'guilty',
  rule: 'Picks with the mafia, and each night keeps one player who is not mafia from acting.',
};
