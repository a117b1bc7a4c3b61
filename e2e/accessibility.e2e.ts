import { expect, test } from 'playwright/test';
import { problemsOf } from './support/screens.ts';
import { serveScenes } from './support/scenes.ts';
import type { Scenes } from './support/scenes.ts';

let scenes: Scenes;
test.beforeAll(async () => { scenes = await serveScenes(); });
test.afterAll(() => scenes.close());

// Every screen, size and colours: accessibility.full.e2e.ts.
test('axe finds nothing on the screens of a game, on a phone', async ({ browser }) => {
  expect(await problemsOf(browser, scenes, ['the lobby', 'the night of the mafia', 'the day', 'the end'], 'phone', 'byTime')).toEqual({});
});
