import type { AmountOption } from './option.ts';

export const extensionMs: AmountOption = {
  kind: 'amount', unit: 'ms of log time', least: 500, most: 30 * 60_000, byDefault: 60_000,
  rule: 'How much longer a day gets once more than half of the living ask for it.',
};
