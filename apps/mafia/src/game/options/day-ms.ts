import type { AmountOption } from './option.ts';

export const dayMs: AmountOption = {
  kind: 'amount', unit: 'ms of log time', least: 500, most: 30 * 60_000, byDefault: 120_000,
  rule: 'The longest that a day takes, without extensions, revotes and trials.',
};
