import type { AmountOption } from './option.ts';

export const extensionsMax: AmountOption = {
  kind: 'amount', unit: 'times', least: 0, most: 5, byDefault: 1,
  rule: 'How often one day may be extended.',
};
