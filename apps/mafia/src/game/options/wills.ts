import type { SwitchOption } from './option.ts';

export const wills: SwitchOption = {
  kind: 'switch', byDefault: true,
  rule: 'Everyone may write a last will, which all read once its writer is dead.',
};
