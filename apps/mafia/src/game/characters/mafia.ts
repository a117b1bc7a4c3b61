import type { CharacterRule } from '../character.ts';

export const mafia: CharacterRule = {
  side: 'mafia', actions: ['kill'], seems: 'guilty',
  rule: 'Each night the mafia kill whom most of them pick, drawn among the tied; one of those who picked so goes there.',
};
