import type { Page } from 'playwright/test';
import { expect } from 'playwright/test';
import { killLeader, test } from './support/mesh-fixture.ts';
import { newPlayer, takeSeat } from './support/seats.ts';

/** Makes a private link on the device that has the seat. */
async function privateLink(page: Page): Promise<string> {
  await page.getByTestId('settings-button').click();
  await page.getByTestId('move-setting').click();
  await page.getByTestId('make-link').click();
  const link = await page.getByTestId('share-link').inputValue();
  await page.getByTestId('dialog-close').click();
  return link;
}

/** The page is opened, and has had the time to keep all of itself. */
async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.evaluate(async () => { (await navigator.serviceWorker.ready).active?.postMessage('keepTheRest'); });
  await expect.poll(() => page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))).flat().some(({ url }) => url.includes('move-here')))).toBe(true);
}

test('a seat moves to another device by a private link, in mid-game, with the control plane down and the leader killed; the link is worthless after that', async ({ mesh, browser }) => {
  test.setTimeout(180_000);
  const invitation = await mesh.invitation();
  const desktop = await newPlayer(browser, 'desktop');
  await takeSeat(desktop.page, invitation, 'Robin');
  await expect(desktop.page.getByTestId('player-count')).toContainText('7', { timeout: 30_000 });
  await desktop.page.getByTestId('pace-relaxed').click();
  await desktop.page.getByTestId('start-button').click();
  await expect(desktop.page.getByTestId('phase')).toHaveAttribute('data-phase', 'night', { timeout: 30_000 });
  const character = await desktop.page.getByTestId('my-character').getAttribute('data-character') ?? '';
  const link = await privateLink(desktop.page);

  // The other device has seen the page before, and nothing else: who serves pages is gone, and who leads is killed.
  const phone = await newPlayer(browser, 'phone');
  const thief = await newPlayer(browser, 'phone');
  for (const { page } of [phone, thief]) await visit(page, mesh.controlPlaneUrl);
  await killLeader(mesh);
  await mesh.kill('control-plane', { stayDown: true });

  await phone.page.goto(link);
  // Whoever only looks at a link does not use it up, and a refresh costs nothing.
  await expect(phone.page.getByTestId('move-here')).toContainText('Robin');
  expect(phone.page.url()).not.toContain('#');
  await phone.page.reload();
  await phone.page.getByTestId('move-button').click();
  await expect(phone.page.getByTestId('my-character')).toHaveAttribute('data-character', character, { timeout: 30_000 });
  await expect(phone.page.locator('.player.self')).toHaveAttribute('data-testid', 'player-Robin');

  // The old device is told in plain words, and stops; also when it is opened again.
  await expect(desktop.page.getByTestId('ended')).toContainText('another device');
  await desktop.page.reload();
  await expect(desktop.page.getByTestId('problem')).toContainText('another device');

  // The link was used: it admits nobody, and the seat stays where it is.
  await thief.page.goto(link);
  await thief.page.getByTestId('move-button').click();
  await expect(thief.page.getByTestId('problem')).toContainText('used before');
  await expect(thief.page.getByTestId('move-button')).toBeHidden();

  // The seat is here to stay, and goes back in the same way.
  await phone.page.reload();
  await expect(phone.page.getByTestId('my-character')).toHaveAttribute('data-character', character);
  const back = await privateLink(phone.page);
  await desktop.page.goto(back);
  await desktop.page.getByTestId('move-button').click();
  await expect(desktop.page.getByTestId('my-character')).toHaveAttribute('data-character', character);
  await expect(phone.page.getByTestId('ended')).toContainText('another device');
  for (const { context } of [desktop, phone, thief]) await context.close();
});
