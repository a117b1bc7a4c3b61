import { expect, test } from 'playwright/test';
import { everyScreen, problemsOf, sizes } from './support/screens.ts';
import { serveScenes } from './support/scenes.ts';
import type { Scenes } from './support/scenes.ts';

let scenes: Scenes;
test.beforeAll(async () => { scenes = await serveScenes(); });
test.afterAll(() => scenes.close());

for (const colours of ['light', 'dark', 'byTime'] as const) {
  for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
    test(`axe finds nothing on any screen: ${colours}, ${size}`, async ({ browser }) => {
      expect(await problemsOf(browser, scenes, everyScreen, size, colours)).toEqual({});
    });
  }
}
