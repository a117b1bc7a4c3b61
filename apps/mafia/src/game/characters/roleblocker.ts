import type { CharacterRule } from '../character.ts';

export const roleblocker: CharacterRule = {
  side: 'town', actions: ['block'], seems: 'innocent',
  rule: 'Each night keeps one other player from acting; whoever is kept so is told, and a block cannot be blocked.',
};
