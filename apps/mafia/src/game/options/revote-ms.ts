import type { AmountOption } from './option.ts';

export const revoteMs: AmountOption = {
  kind: 'amount', unit: 'ms of log time', least: 500, most: 30 * 60_000, byDefault: 30_000,
  rule: 'The longest that a revote after a tie takes.',
};
