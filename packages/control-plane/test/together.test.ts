import { expect, test } from '@jest/globals';
import { Together } from '../src/state-manager/together.ts';

test('no more wait than may, over all ids; there is room again once they are done, also when that failed', async () => {
  let release: () => void = () => {};
  let isFailing = false;
  const together = new Together<number, number>({ atOnceMax: 2, waitingMax: 4 }, async (_id, items) => {
    await new Promise<void>((resolve) => { release = resolve; });
    if (isFailing) throw new Error('no disk');
    return items.map((item) => item * 10);
  });
  const settle = async (waiting: readonly (Promise<number> | null)[]) => {
    const settled = Promise.allSettled(waiting.map((one) => Promise.resolve(one)));
    for (let turn = 0; turn < 20; turn += 1) {
      release();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    return (await settled).map((result) => (result.status === 'fulfilled' ? result.value : 'failed'));
  };
  const first = [1, 2, 3].map((item) => together.add('a', item));
  expect(together.add('a', 4)).not.toBeNull();
  expect(together.add('a', 5)).toBeNull();
  expect(together.add('b', 6)).toBeNull();
  expect(await settle(first)).toEqual([10, 20, 30]);
  isFailing = true;
  expect(await settle([1, 2, 3, 4].map((item) => together.add('a', item)))).toEqual(['failed', 'failed', 'failed', 'failed']);
  isFailing = false;
  expect(await settle([together.add('b', 7)])).toEqual([70]);
});
