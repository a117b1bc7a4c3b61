import type { SwitchOption } from './option.ts';

export const warnings: SwitchOption = {
  kind: 'switch', byDefault: true,
  rule: 'When 60, 30 and 15 seconds are left everyone is told, unless that is more than half of the phase.',
};
