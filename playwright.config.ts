import { defineConfig } from 'playwright/test';
import { findChromium } from './scripts/find-chromium.mjs';

const quiet = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
// A container's root has no user namespace for Chromium's sandbox.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const executablePath = findChromium();

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.e2e.ts',
  // Each test starts a whole mesh of its own; two cores serve one at a time best.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON ?? 'test-results/playwright.json' }]],
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: [...quiet, ...sandbox] },
  },
});
