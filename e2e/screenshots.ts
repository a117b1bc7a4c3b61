import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { findChromium } from '../scripts/find-chromium.mjs';
import { chromiumArguments } from './support/chromium.ts';
import { serveScenes } from './support/scenes.ts';
import { screens } from './support/screens.ts';
import type { ScreenName } from './support/screens.ts';

// npm run screenshots: docs/screenshots, each screen at the width of a phone and of a desktop. `npm run screenshots -- day` takes some only.

const sizes = [{ name: '360', width: 360, height: 740, isMobile: true }, { name: '1280', width: 1280, height: 800, isMobile: false }] as const;
type Shot = { readonly name: string } & (
  | { readonly query: Readonly<Record<string, string>>; readonly tab?: string; readonly isLooking?: true; readonly isReplay?: true }
  | { readonly screen: ScreenName }
);
const shots: readonly Shot[] = [
  { name: 'join', query: { scene: 'join' } },
  { name: 'lobby', query: { scene: 'lobby' } },
  { name: 'secret', query: { scene: 'night', as: 'detective', players: '12' }, isLooking: true },
  { name: 'night', query: { scene: 'night', as: 'detective', players: '12' } },
  { name: 'day', query: { scene: 'day', as: 'detective', players: '12' } },
  { name: 'vote', query: { scene: 'vote', as: 'doctor', players: '12' } },
  { name: 'talk', query: { scene: 'day', as: 'detective', players: '12' }, tab: 'talk' },
  { name: 'end', query: { scene: 'end', as: 'detective', players: '12' } },
  { name: 'sign-in', screen: 'signing in with an account' },
  { name: 'account', screen: 'a seat to be kept with an account' },
  { name: 'replay', query: { scene: 'end', as: 'detective', players: '12' }, isReplay: true },
];
const folder = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const only = process.argv.slice(2);

const scenes = await serveScenes();
const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: [...chromiumArguments] });
try {
  await mkdir(folder, { recursive: true });
  for (const { name, width, height, isMobile } of sizes) {
    for (const shot of shots.filter((each) => only.length === 0 || only.includes(each.name))) {
      // As a phone's owner would have it: what moves is waited for by standing still.
      const context = await browser.newContext({ viewport: { width, height }, isMobile, hasTouch: isMobile, reducedMotion: 'reduce', deviceScaleFactor: isMobile ? 2 : 1 });
      const page = await context.newPage();
      if ('screen' in shot) await screens[shot.screen](page, scenes); else await page.goto(scenes.address(shot.query));
      if ('query' in shot && shot.name !== 'join') {
        await page.getByTestId('name-input').fill('Robin');
        await page.getByTestId('join-button').click();
        await page.getByTestId('phase').waitFor();
        if (shot.isLooking !== true && (await page.locator('.secret.open').count()) > 0) await page.mouse.click(8, 300);
        if (shot.isReplay === true) {
          await page.getByTestId('replay-button').click();
          await page.getByTestId('replay-after').click();
        }
        if (shot.tab !== undefined && isMobile) await page.getByTestId(`tab-${shot.tab}`).click();
      }
      await page.screenshot({ path: `${folder}${shot.name}-${name}.png` });
      console.log(`docs/screenshots/${shot.name}-${name}.png`);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await scenes.close();
}
