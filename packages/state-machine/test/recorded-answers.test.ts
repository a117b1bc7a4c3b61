import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CommandMark } from '../src/modules/sessions/command-mark.ts';
import { RecordedAnswers } from '../src/modules/sessions/recorded-answers.ts';

const answer = (index: number) => ({ mark: CommandMark.from(`${index}`), outcome: { status: 'committed', index, answer: null } as const });

test('answers are kept and forgotten as in a plain list, whichever list is gone on from', () => {
  fc.assert(fc.property(fc.array(fc.record({ from: fc.nat(), dropped: fc.nat({ max: 3 }) }), { maxLength: 60 }), fc.nat({ max: 600 }), (moves, before) => {
    // Long ones begin with many, so that the shared memory is let go on the way.
    const lists = [{ model: Array.from({ length: before }, (_, place) => answer(place)), list: RecordedAnswers.of(Array.from({ length: before }, (_, place) => answer(place))) }];
    for (const [place, { from, dropped }] of moves.entries()) {
      const gone = lists[place % 3 === 0 ? from % lists.length : lists.length - 1] ?? lists[0];
      if (gone === undefined) throw new Error('there is a first list');
      const drop = place % 7 === 6 ? dropped * 100 : dropped;
      lists.push({ model: [...gone.model.slice(drop), answer(10_000 + place)], list: gone.list.moveOn(drop, answer(10_000 + place)) });
    }
    for (const { model, list } of lists) {
      expect(list.length).toBe(model.length);
      expect([...list].map(({ outcome }) => outcome.index)).toEqual(model.map(({ outcome }) => outcome.index));
      expect(list.at(model.length - 1)?.outcome).toEqual(model.at(-1)?.outcome);
      expect([list.at(-1), list.at(model.length)]).toEqual([undefined, undefined]);
    }
  }));
});
