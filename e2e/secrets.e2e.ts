import { expect } from 'playwright/test';
import { FrameRecorder } from './support/frame-recorder.ts';
import { test } from './support/mesh-fixture.ts';
import { newPlayer, takeSeat } from './support/seats.ts';
import { expectNoSecrets } from './support/secrets.ts';

// With a page for every character: secrets.full.e2e.ts.
test('no frame to a page carries what its player may not know', async ({ mesh, browser }) => {
  test.setTimeout(180_000);
  const link = await mesh.invitation();
  const seats = [];
  for (const name of ['Kim', 'Sam']) {
    const { page } = await newPlayer(browser, 'desktop');
    seats.push({ page, recorder: new FrameRecorder(page) });
    await takeSeat(page, link, name);
  }
  const [first] = seats;
  await expect(first!.page.getByTestId('player-count')).toContainText('8', { timeout: 30_000 });
  await first!.page.getByTestId('pace-quick').click();
  await first!.page.getByTestId('start-button').click();
  for (const { page } of seats) await expect(page.getByTestId('phase')).toHaveAttribute('data-phase', 'day', { timeout: 90_000 });
  for (const { recorder } of seats) expectNoSecrets(recorder);
});
