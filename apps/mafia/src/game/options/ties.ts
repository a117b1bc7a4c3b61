import type { ChoiceOption } from './option.ts';

export const ties: ChoiceOption<'nobody' | 'random' | 'revote'> = {
  kind: 'choice', values: ['nobody', 'random', 'revote'], byDefault: 'nobody',
  rule: 'A tie condemns nobody, or one of the tied by chance, or is voted on once more among the tied, and then condemns nobody.',
};
