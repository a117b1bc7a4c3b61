import type { Strategy } from '../strategy.ts';
import { cautious } from './cautious.ts';
import { deductive } from './deductive.ts';
import { random } from './random.ts';
import { talker } from './talker.ts';

export { cautious, deductive, random, talker };

/** Every strategy by its name. */
export const strategies = { random, cautious, deductive, talker } satisfies Readonly<Record<string, Strategy>>;
