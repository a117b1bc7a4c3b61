import type { ChoiceOption } from './option.ts';

export const firstPhase: ChoiceOption<'night' | 'day'> = {
  kind: 'choice', values: ['night', 'day'], byDefault: 'night',
  rule: 'A game begins with a night, or with a day.',
};
