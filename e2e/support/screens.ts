import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright/test';
import { expect } from 'playwright/test';
import type { Scenes } from './scenes.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
interface Violation { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }

async function violations(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: axe });
  const { violations: found } = await page.evaluate(() => (Reflect.get(globalThis, 'axe') as { run(): Promise<{ violations: Violation[] }> }).run());
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('; ')}`);
}

async function takeSeat(page: Page, scenes: Scenes, query: Readonly<Record<string, string>>): Promise<void> {
  await page.goto(scenes.address(query));
  await page.getByTestId('name-input').fill('Robin');
  await page.getByTestId('join-button').click();
  await page.getByTestId('phase').waitFor();
}

async function tab(page: Page, name: string): Promise<void> {
  if (await page.getByTestId(`tab-${name}`).isVisible()) await page.getByTestId(`tab-${name}`).click();
}

/** Where players sign in: with an account, or to make one. */
async function account(page: Page, scenes: Scenes, by: string): Promise<void> {
  await page.goto(scenes.address({ scene: 'lobby', by }));
  if (by === 'accounts') {
    await page.getByTestId('name-input').fill('Robin');
    await page.getByTestId('join-button').click();
    await page.getByTestId('account-needed').waitFor();
  } else await page.getByTestId('have-account').click();
  await page.getByTestId('account-form').waitFor();
}

async function fillAccount(page: Page, email: string, password: string): Promise<void> {
  await page.getByTestId('account-email').fill(email);
  await page.getByTestId('account-password').fill(password);
  await page.getByTestId('account-go').click();
}

async function keepSeat(page: Page, scenes: Scenes): Promise<void> {
  await takeSeat(page, scenes, { scene: 'lobby', by: 'sign-in' });
  await page.getByTestId('settings-button').click();
  await page.getByTestId('account-setting').click();
  await page.getByTestId('account-form').waitFor();
}

/** Every screen, and how to get there. */
export const screens = {
  'the invitation': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'join' })); await page.getByTestId('name-input').waitFor(); },
  'no invitation': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'uninvited' })); await page.locator('.welcome-form').waitFor(); },
  'the lobby': (page: Page, scenes: Scenes) => takeSeat(page, scenes, { scene: 'lobby' }),
  'the lobby of somebody alone, where nobody provides bots': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'lobby', alone: '1' }); await page.getByTestId('no-bots').waitFor(); },
  'the lobby with its rules': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'lobby' }); await page.getByTestId('rules-summary').click(); await page.getByTestId('option-setup').waitFor(); },
  'the rules for a host, each character chosen': async (page: Page, scenes: Scenes) => {
    await takeSeat(page, scenes, { scene: 'lobby' });
    await page.getByTestId('rules-summary').click();
    await page.getByTestId('option-setup').selectOption('custom');
    await page.getByTestId('more-jester').click();
  },
  'the lobby, some of them away': (page: Page, scenes: Scenes) => takeSeat(page, scenes, { scene: 'lobby', away: '1' }),
  'an invitation for others': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'lobby' }); await page.getByTestId('invite-button').click(); await page.getByTestId('invite-dialog').waitFor(); },
  'a private link to another device': async (page: Page, scenes: Scenes) => {
    await takeSeat(page, scenes, { scene: 'lobby' });
    await page.getByTestId('settings-button').click();
    await page.getByTestId('move-setting').click();
    await page.getByTestId('make-link').click();
    await page.getByTestId('take-link-back').waitFor();
  },
  'a seat that moves here': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'move' })); await page.getByTestId('move-button').waitFor(); },
  'a private link that is cut off': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'cut' })); await page.getByTestId('not-now-button').waitFor(); },
  'the link of a table whose players sign in': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'lobby', by: 'sign-in' })); await page.getByTestId('have-account').waitFor(); },
  'that link, where somebody is signed in': async (page: Page, scenes: Scenes) => { await page.goto(scenes.address({ scene: 'lobby', by: 'known' })); await page.getByTestId('signed-in-as').waitFor(); },
  'signing in with an account': (page: Page, scenes: Scenes) => account(page, scenes, 'sign-in'),
  'a wrong password': async (page: Page, scenes: Scenes) => { await account(page, scenes, 'sign-in'); await fillAccount(page, 'robin@example.com', 'wrong'); await page.getByTestId('account-problem').waitFor(); },
  'a table for players with an account': (page: Page, scenes: Scenes) => account(page, scenes, 'accounts'),
  'making an account with an address that has one': async (page: Page, scenes: Scenes) => {
    await account(page, scenes, 'accounts');
    await fillAccount(page, 'taken@example.com', 'correct horse');
    await page.getByTestId('account-problem').waitFor();
  },
  'asking for a new password': async (page: Page, scenes: Scenes) => { await account(page, scenes, 'sign-in'); await page.getByTestId('account-reset').click(); },
  'a new password on its way': async (page: Page, scenes: Scenes) => {
    await account(page, scenes, 'sign-in');
    await page.getByTestId('account-reset').click();
    await page.getByTestId('account-email').fill('robin@example.com');
    await page.getByTestId('account-go').click();
    await page.getByTestId('reset-sent').waitFor();
  },
  'the settings of somebody who came by signing in': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'lobby', by: 'sign-in' }); await page.getByTestId('settings-button').click(); await page.getByTestId('account-setting').waitFor(); },
  'a seat to be kept with an account': (page: Page, scenes: Scenes) => keepSeat(page, scenes),
  'a seat to be kept, with a weak password': async (page: Page, scenes: Scenes) => { await keepSeat(page, scenes); await fillAccount(page, 'robin@example.com', '123'); await page.getByTestId('account-problem').waitFor(); },
  'a seat kept with an account': async (page: Page, scenes: Scenes) => { await keepSeat(page, scenes); await fillAccount(page, 'robin@example.com', 'correct horse'); await page.getByTestId('account-kept').waitFor(); },
  'a game that was shared': async (page: Page, scenes: Scenes) => {
    await takeSeat(page, scenes, { scene: 'end', as: 'detective' });
    await page.getByTestId('replay-button').click();
    const link = await page.getByTestId('replay-link').inputValue();
    await page.goto(link);
    await expect(page.getByTestId('fairness')).toHaveAttribute('data-verified', 'true');
    await page.getByTestId('replay-after').click();
  },
  'the settings': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'day' }); await page.mouse.click(4, 400); await page.getByTestId('settings-button').click(); await page.getByTestId('settings-dialog').waitFor(); },
  'the first look at a character': (page: Page, scenes: Scenes) => takeSeat(page, scenes, { scene: 'night', as: 'godfather', players: '12' }),
  'the night of the mafia': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'night', as: 'consort', players: '14' }); await page.mouse.click(4, 400); },
  'the night of a villager': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'night', as: 'villager' }); await page.mouse.click(4, 400); },
  'the day': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'day', as: 'detective', players: '12' }); await page.mouse.click(4, 400); },
  'the talk': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'day' }); await page.mouse.click(4, 400); await tab(page, 'talk'); },
  'the story': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'day' }); await page.mouse.click(4, 400); await tab(page, 'story'); },
  'the dead': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'dead', as: 'villager' }); await page.mouse.click(4, 400); },
  'the end': (page: Page, scenes: Scenes) => takeSeat(page, scenes, { scene: 'end' }),
  'the game again': async (page: Page, scenes: Scenes) => {
    await takeSeat(page, scenes, { scene: 'end', as: 'detective' });
    await page.getByTestId('replay-button').click();
    await expect(page.getByTestId('fairness')).toHaveAttribute('data-verified', 'true');
    await page.getByTestId('replay-after').click();
  },
  'a lost connection': async (page: Page, scenes: Scenes) => { await takeSeat(page, scenes, { scene: 'day', loss: '1' }); await page.mouse.click(4, 400); await expect(page.getByTestId('connection')).toHaveAttribute('data-state', 'reconnecting'); },
} as const satisfies Readonly<Record<string, (page: Page, scenes: Scenes) => Promise<void>>>;
export type ScreenName = keyof typeof screens;
export const everyScreen = Object.keys(screens) as ScreenName[];

export const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;
export type Colours = 'light' | 'dark' | 'byTime';

/** What axe finds on these screens; nothing, if all is well. By the time of day, the device asks for light colours. */
export async function problemsOf(browser: Browser, scenes: Scenes, names: readonly ScreenName[], size: keyof typeof sizes, colours: Colours): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const name of names) {
    const context = await browser.newContext({ viewport: sizes[size], reducedMotion: 'reduce', colorScheme: colours === 'dark' ? 'dark' : 'light' });
    context.setDefaultTimeout(5_000);
    await context.addInitScript((chosen) => localStorage.setItem('raft-mesh/mafia/settings', JSON.stringify({ colours: chosen, language: 'en' })), colours);
    const page = await context.newPage();
    await screens[name](page, scenes);
    const problems = await violations(page);
    if (problems.length > 0) found[name] = problems;
    await context.close();
  }
  return found;
}
