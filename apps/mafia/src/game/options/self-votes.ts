import type { SwitchOption } from './option.ts';

export const selfVotes: SwitchOption = {
  kind: 'switch', byDefault: false,
  rule: 'One may vote for oneself.',
};
