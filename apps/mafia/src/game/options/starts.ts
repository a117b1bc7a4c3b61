import type { ChoiceOption } from './option.ts';

export const starts: ChoiceOption<'anyone' | 'host'> = {
  kind: 'choice', values: ['anyone', 'host'], byDefault: 'anyone',
  rule: 'Anyone at the table may start the game, or the host alone.',
};
