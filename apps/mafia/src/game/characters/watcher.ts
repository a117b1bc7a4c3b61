import type { CharacterRule } from '../character.ts';

export const watcher: CharacterRule = {
  side: 'town', actions: ['watch'], seems: 'innocent',
  rule: 'Each night watches one door, their own too, and learns who came to it.',
};
