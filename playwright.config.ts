import { defineConfig } from 'playwright/test';
import { chromiumArguments } from './e2e/support/chromium.ts';
import { findChromium } from './scripts/find-chromium.mjs';

const executablePath = findChromium();

export default defineConfig({
  testDir: 'e2e',
  // What takes minutes: `npm run test:full`, or PLAYWRIGHT_FULL=1 npm run test:e2e.
  ...(process.env.PLAYWRIGHT_FULL === undefined ? { testMatch: '**/*.e2e.ts', testIgnore: '**/*.full.e2e.ts' } : { testMatch: '**/*.full.e2e.ts' }),
  // Each test starts a whole mesh of its own; two cores serve one at a time best.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON ?? 'test-results/playwright.json' }]],
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: [...chromiumArguments] },
  },
});
