import type { CharacterRule } from '../character.ts';

export const vigilante: CharacterRule = {
  side: 'town', actions: ['shoot'], seems: 'innocent',
  rule: 'Has two bullets, and may shoot one other player a night; a shot that is blocked is not fired.',
};
