import type { AmountOption } from './option.ts';

export const trialMs: AmountOption = {
  kind: 'amount', unit: 'ms of log time', least: 500, most: 30 * 60_000, byDefault: 45_000,
  rule: 'The longest that one trial takes.',
};
