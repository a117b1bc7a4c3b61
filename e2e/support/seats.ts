import { expect } from 'playwright/test';
import type { Browser, BrowserContext, Page } from 'playwright/test';

export const deviceSizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;

/** A browser of its own for one player. */
export async function newPlayer(browser: Browser, size: keyof typeof deviceSizes): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({ viewport: deviceSizes[size], isMobile: size === 'phone', hasTouch: size === 'phone', reducedMotion: 'reduce' });
  return { context, page: await context.newPage() };
}

export async function takeSeat(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByTestId('name-input').fill(name);
  await page.getByTestId('join-button').click();
  await expect(page.getByTestId(`player-${name}`)).toBeVisible();
}

/** Until the game is over. */
export const playToTheEnd = (page: Page, timeoutMs: number): Promise<void> => playUntil(page, '[data-testid="phase"][data-phase="ended"]', timeoutMs);

/**
 * Plays for a person who does what is asked of them, as soon as it is: taps the first player who may be chosen. Ends once there is such an element;
 * rejects when the page does not come that far in time.
 */
export async function playUntil(page: Page, selector: string, timeoutMs: number): Promise<void> {
  const stop = { is: false };
  const play = async (): Promise<void> => {
    while (!stop.is) {
      const asked = page.locator('.now.urgent');
      await asked.waitFor({ timeout: 2_000 }).catch(() => undefined);
      if (stop.is || !(await asked.isVisible().catch(() => false))) continue;
      // What is in the way, or has just been decided by others, is tried again.
      await page.locator('.player.can-choose').first().dispatchEvent('click', undefined, { timeout: 1_000 }).catch(() => undefined);
    }
  };
  const playing = play();
  try {
    await page.locator(selector).first().waitFor({ timeout: timeoutMs });
  } finally {
    stop.is = true;
    await playing;
  }
}
