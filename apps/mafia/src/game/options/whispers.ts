import type { ChoiceOption } from './option.ts';

export const whispers: ChoiceOption<'off' | 'seen' | 'hidden'> = {
  kind: 'choice', values: ['off', 'seen', 'hidden'], byDefault: 'seen',
  rule: 'By day the living may whisper to one another: not at all, so that all see who whispers to whom, or unseen.',
};
