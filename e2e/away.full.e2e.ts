import type { Browser, Page } from 'playwright/test';
import { expect } from 'playwright/test';
import { test } from './support/mesh-fixture.ts';
import { newPlayer, takeSeat } from './support/seats.ts';

test.use({ bots: 0 });

/** What sleep does to a phone: nothing of its browser runs. Gives what wakes it. */
async function fallAsleep(phone: Browser): Promise<() => void> {
  const session = await phone.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  // Those that draw pages and run their workers; the browser itself could not be asked to close any more.
  const pids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => { for (const pid of pids) process.kill(pid, 'SIGCONT'); };
}

test('a phone falls asleep: the others see it, another host takes over by the rules, and it wakes in its seat', async ({ mesh, browser, playwright, launchOptions }) => {
  test.setTimeout(180_000);
  const link = await mesh.invitation();
  const names = ['Kim', 'Robin', 'Sam'];
  const pages: Page[] = [];
  const phone = await playwright.chromium.launch(launchOptions);
  for (const name of names) {
    const { page } = await newPlayer(name === 'Kim' ? phone : browser, 'phone');
    await takeSeat(page, link, name);
    pages.push(page);
  }
  const [kim, robin, sam] = pages as [Page, Page, Page];
  await expect(robin.getByTestId('player-Kim').getByTestId('host-mark')).toBeVisible();
  const wake = await fallAsleep(phone);
  try {
    for (const page of [robin, sam]) await expect(page.getByTestId('player-Kim')).toHaveAttribute('data-absence', 'dead', { timeout: 60_000 });
    // By itself, once the host has been silent for half a minute; of those who are here, the first takes over.
    for (const page of [robin, sam]) await expect(page.getByTestId('player-Robin').getByTestId('host-mark')).toBeVisible({ timeout: 60_000 });
  } finally {
    wake();
  }
  for (const page of pages) await expect(page.getByTestId('player-Kim')).toHaveAttribute('data-absence', '', { timeout: 30_000 });
  await expect(kim.getByTestId('player-Robin').getByTestId('host-mark')).toBeVisible();
  await expect(kim.getByTestId('connection')).toHaveAttribute('data-state', 'connected');
  await kim.getByTestId('tab-talk').click();
  await kim.getByTestId('chat-input').fill('I am awake');
  await kim.getByTestId('chat-input').press('Enter');
  await robin.getByTestId('tab-talk').click();
  await expect(robin.getByTestId('chat')).toContainText('I am awake');
  // Who took over gives it back.
  await robin.getByTestId('settings-button').click();
  await robin.getByTestId('pass-host').selectOption({ label: 'Make Kim the host' });
  await expect(kim.getByTestId('player-Kim').getByTestId('host-mark')).toBeAttached();
  await phone.close();
});
