import type { ChoiceOption } from './option.ts';

export const mafiaWins: ChoiceOption<'atParity' | 'alone'> = {
  kind: 'choice', values: ['atParity', 'alone'], byDefault: 'atParity',
  rule: 'The mafia win once they are as many as all others, or once nobody else lives.',
};
