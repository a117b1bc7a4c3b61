import type { Strategy } from '../strategy.ts';
import { cautious } from './cautious.ts';
import { random } from './random.ts';

/** Every strategy by its name. */
export const strategies: Readonly<Record<string, Strategy>> = { random, cautious };

export const defaultStrategy: Strategy = cautious;
