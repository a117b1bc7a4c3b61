import { expect, test } from 'playwright/test';
import { DevMesh } from '@raft-mesh/cli';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPlayer, takeSeat } from './support/seats.ts';

test('a host who is alone fills the table with bots of real processes, wants fewer, and plays', async ({ browser }) => {
  test.setTimeout(180_000);
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-e2e-'));
  const mesh = await DevMesh.start({ directory, app: '@raft-mesh/mafia', managers: 3, bots: 0, botsOffered: 8, port: 0, host: '127.0.0.1', restartDelayMs: 60_000, note: () => {}, botEnvironment: { MESH_BOT_THINK_MS: '50-200' } });
  try {
    const { page, context } = await newPlayer(browser, 'phone');
    await takeSeat(page, await mesh.invitation(), 'Robin');
    await page.getByTestId('fill-with-bots').click();
    await expect(page.getByTestId('player-count')).toContainText('8', { timeout: 60_000 });
    await page.getByTestId('fewer-bots').click();
    await expect(page.getByTestId('player-count')).toContainText('7');
    await expect.poll(() => mesh.partNames.filter((name) => name.startsWith('bot-')).length, { timeout: 30_000 }).toBe(6);
    await page.getByTestId('pace-quick').click();
    await page.getByTestId('start-button').click();
    await expect(page.getByTestId('my-character')).toBeVisible({ timeout: 30_000 });
    await expect(page.locator('.player')).toHaveCount(7);
    await context.close();
  } finally {
    await mesh.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
