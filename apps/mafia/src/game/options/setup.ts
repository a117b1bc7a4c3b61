import type { ChoiceOption } from './option.ts';

export const setup: ChoiceOption<'standard' | 'vanilla' | 'custom'> = {
  kind: 'choice', values: ['standard', 'vanilla', 'custom'], byDefault: 'standard',
  rule: 'The characters of the table for that many players, only mafia (a quarter) and villagers, or those of the cast and villagers besides.',
};
