import { join } from 'node:path';
import { joinMesh } from '@raft-mesh/mesh-node';
import { expect } from 'playwright/test';
import { connectAdmin, untilGame } from '../test/support/game.ts';
import { runMesh } from '../test/support/processes.ts';
import { newPlayer, playToTheEnd, takeSeat } from './support/seats.ts';
import { test } from './support/mesh-fixture.ts';

// The control plane is gone from the first night to the end of the game, and nobody who was in the mesh misses it.

const gameEndsWithinMs = 6 * 60_000;

test('the control plane is stopped for the whole of a game: a refresh, a bot and all managers come back, the game ends, and who is new is told why not', async ({ mesh, browser }) => {
  test.setTimeout(gameEndsWithinMs + 120_000);
  const link = await mesh.invitation();
  const [seat, stranger] = [await newPlayer(browser, 'phone'), await newPlayer(browser, 'phone')];
  const { page } = seat;
  await takeSeat(page, link, 'Robin');
  await expect(page.getByTestId('player-count')).toContainText('7', { timeout: 30_000 });
  // Somebody has opened the link already, and not yet said a name.
  await stranger.page.goto(link);
  await expect(stranger.page.getByTestId('name-input')).toBeVisible();
  const admin = await connectAdmin(mesh, 'admin');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await mesh.kill('control-plane', { stayDown: true });
  await page.getByTestId('pace-quick').click();
  await page.getByTestId('start-button').click();
  const phase = page.getByTestId('phase');
  await expect(phase).toHaveAttribute('data-phase', 'night', { timeout: 30_000 });
  const character = await page.getByTestId('my-character').getAttribute('data-character');
  const seated = (await untilGame(admin, (game) => game.phase === 'night')).players;

  // Who is new is refused, and told so: on the page and on the command line.
  await stranger.page.getByTestId('name-input').fill('Late');
  await stranger.page.getByTestId('join-button').click();
  await expect(stranger.page.getByTestId('problem')).toBeVisible();
  await stranger.context.close();
  await expect(joinMesh(link, { directory: join(mesh.directory, 'late'), name: 'Late' })).rejects.toMatchObject({ code: 'unreachable' });

  // A refresh: the service worker has the page, the managers have the seat.
  await page.reload();
  await expect(page.getByTestId('my-character')).toHaveAttribute('data-character', character ?? '');

  // A bot is killed and started again.
  const bot = seated.find(({ name }) => mesh.partNames.includes(`bot-${name}`));
  if (bot === undefined) throw new Error('bots sit at the table');
  await mesh.kill(`bot-${bot.name}`, { stayDown: true });
  await mesh.startPart(`bot-${bot.name}`);

  // All managers are killed at once and started again.
  const managers = mesh.description.managers.map(({ id }) => id);
  await Promise.all(managers.map((id) => mesh.kill(id, { stayDown: true })));
  await Promise.all(managers.map((id) => mesh.startPart(id)));
  await expect(page.getByTestId('connection')).toHaveAttribute('data-state', 'connected', { timeout: 30_000 });
  expect((await untilGame(admin, (_game, view) => !view.stale)).players.map(({ id }) => id)).toEqual(seated.map(({ id }) => id));

  await playToTheEnd(page, gameEndsWithinMs);
  const ended = await untilGame(admin, (game) => game.phase === 'ended');
  expect(await page.getByTestId('winner').getAttribute('data-winner')).toBe(ended.winner);
  expect(ended.players.map(({ id }) => id)).toEqual(seated.map(({ id }) => id));
  // The bot that was killed is among those who are alive for the mesh, and nobody has started the control plane.
  const { agents } = JSON.parse((await runMesh(['status', '--json', '--data-dir', mesh.directory])).stdout) as { readonly agents: readonly { readonly id: string; readonly status: string }[] };
  expect(agents.find(({ id }) => id === bot.id)?.status).toBe('alive');
  expect(mesh.pidOf('control-plane')).toBeNull();
  await admin.close();
  await seat.context.close();
});
