import type { ChoiceOption } from './option.ts';

export const reveal: ChoiceOption<'character' | 'side' | 'nothing'> = {
  kind: 'choice', values: ['character', 'side', 'nothing'], byDefault: 'character',
  rule: 'Of the dead is told what they were, only whom they were with, or nothing.',
};
