import { oneOf } from '../bot-random.ts';
import type { Strategy } from '../strategy.ts';

/** Chooses by chance, and says nothing. */
export const random: Strategy = {
  name: 'random', difficulty: 'easy',
  rule: 'Chooses by chance among all it may choose, and says nothing.',
  choose: (_view, action, chance) => oneOf(action.targets, chance),
  say: () => null,
};
