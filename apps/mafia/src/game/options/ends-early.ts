import type { ChoiceOption } from './option.ts';

export const endsEarly: ChoiceOption<'whenAllActed' | 'whenAllReady' | 'never'> = {
  kind: 'choice', values: ['whenAllActed', 'whenAllReady', 'never'], byDefault: 'whenAllActed',
  rule: 'A day ends early once all who are waited for have voted or abstained, or once all of them say that they are ready, or never; a night once they have all acted, unless never.',
};
