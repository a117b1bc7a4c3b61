import type { Page } from 'playwright/test';
import { expect } from 'playwright/test';
import { killLeader, test } from './support/mesh-fixture.ts';

const bots = 6;

async function takeSeat(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await expect(page.getByTestId('name-input')).toBeFocused();
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('join-button').click();
  await expect(page.getByTestId(`player-${name}`)).toBeVisible();
}

/** Notes each change of the connection pill with its time, in the page. */
async function recordConnection(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const changes: { state: string; atMs: number }[] = [];
    Reflect.set(globalThis, 'connectionChanges', changes);
    const note = (): void => {
      const state = document.querySelector('[data-testid=connection]')?.getAttribute('data-state') ?? 'absent';
      if (changes.at(-1)?.state !== state) changes.push({ state, atMs: performance.now() });
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  return () => page.evaluate(() => {
    const changes = Reflect.get(globalThis, 'connectionChanges') as { state: string; atMs: number }[];
    const spans = changes.map((change, number) => (change.state === 'connected' ? 0 : (changes[number + 1]?.atMs ?? performance.now()) - change.atMs));
    return Math.max(0, ...spans);
  });
}

const seatOf = (page: Page) => page.getByTestId('my-character').getAttribute('data-character');

test('a person joins by the link and plays; the leader dies, tabs close and open, the control plane goes: same seat, same game', async ({ mesh, context }) => {
  test.setTimeout(180_000);
  const page = await context.newPage();
  const link = await mesh.invitation();
  await takeSeat(page, link, 'Robin');
  expect(page.url()).not.toContain('#');
  await expect(page.getByTestId('player-count')).toContainText(String(bots + 1), { timeout: 30_000 });
  await page.getByRole('button', { name: 'Quick' }).click();
  await page.getByTestId('start-button').click();
  await expect(page.getByTestId('my-character')).toBeVisible();
  await expect(page.getByTestId('phase')).toHaveAttribute('data-phase', 'night');
  const character = await seatOf(page);

  // The leader is killed in mid-game.
  const longestGapMs = await recordConnection(page);
  const killed = await killLeader(mesh);
  await expect(page.getByTestId('phase')).toHaveAttribute('data-phase', 'day', { timeout: 60_000 });
  await page.getByTestId('chat-input').fill('Still here');
  await page.getByTestId('chat-input').press('Enter');
  await expect(page.getByTestId('chat')).toContainText('Still here');
  expect(await longestGapMs()).toBeLessThanOrEqual(2_000);
  expect(await seatOf(page)).toBe(character);
  await mesh.startPart(killed);

  // A refresh, and a closed and opened tab.
  await page.reload();
  await expect(page.getByTestId('my-character')).toHaveAttribute('data-character', character ?? '');
  await page.close();
  const second = await context.newPage();
  await second.goto(mesh.controlPlaneUrl);
  await expect(second.getByTestId('my-character')).toHaveAttribute('data-character', character ?? '');

  // The same with the control plane gone.
  await mesh.kill('control-plane', { stayDown: true });
  await second.reload();
  await expect(second.getByTestId('my-character')).toHaveAttribute('data-character', character ?? '');
  await second.close();
  const third = await context.newPage();
  await third.goto(mesh.controlPlaneUrl);
  await expect(third.getByTestId('my-character')).toHaveAttribute('data-character', character ?? '');
  await expect(third.getByTestId('chat')).toContainText('Still here');
});
