import type { ChoiceOption } from './option.ts';

export const voteMode: ChoiceOption<'plurality' | 'nomination'> = {
  kind: 'choice', values: ['plurality', 'nomination'], byDefault: 'plurality',
  rule: 'The most-voted is condemned when the day ends, or a majority of the living brings a player to trial, where more guilty than innocent condemns.',
};
