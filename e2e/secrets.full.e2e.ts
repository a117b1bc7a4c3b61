import { everyCharacter } from '@raft-mesh/mafia';
import { expect } from 'playwright/test';
import { FrameRecorder } from './support/frame-recorder.ts';
import { test } from './support/mesh-fixture.ts';
import { newPlayer, playUntil, takeSeat } from './support/seats.ts';
import { expectNoSecrets } from './support/secrets.ts';

test.use({ bots: 0 });

test('no frame to a page carries what its player may not know: a page for every character', async ({ mesh, browser }) => {
  test.setTimeout(300_000);
  const link = await mesh.invitation();
  const seats = [];
  for (const place of everyCharacter.keys()) {
    const { page } = await newPlayer(browser, 'desktop');
    seats.push({ page, recorder: new FrameRecorder(page) });
    await takeSeat(page, link, `P${place + 1}`);
  }
  const [first] = seats;
  const host = first!.page;
  await expect(host.getByTestId('player-count')).toContainText(`${everyCharacter.length}`);
  await host.getByTestId('rules-summary').click();
  await host.getByTestId('option-setup').selectOption('custom');
  for (const character of everyCharacter.filter((each) => each !== 'villager')) {
    await host.getByTestId(`more-${character}`).click();
    await expect(host.locator(`.cast .of-${character} output, .cast div.of-${character} output`).first()).toHaveText('1');
  }
  await host.getByTestId('pace-quick').click();
  await host.getByTestId('start-button').click();
  await Promise.all(seats.map(({ page }) => playUntil(page, '[data-testid="phase"][data-phase="night"][data-round="2"], [data-testid="phase"][data-phase="ended"]', 240_000)));
  const seen = seats.map(({ recorder }) => expectNoSecrets(recorder));
  expect(seen).toHaveLength(everyCharacter.length);
  expect(new Set(seen)).toEqual(new Set(everyCharacter));
});
