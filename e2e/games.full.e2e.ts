import { expect } from 'playwright/test';
import { deviceSizes, newPlayer, playToTheEnd, takeSeat } from './support/seats.ts';
import { killLeader, test } from './support/mesh-fixture.ts';

// Whole games, three people in browsers of their own and the rest bots; the leader is killed at night, by day, and while the votes come in.

const people = ['Kim', 'Robin', 'Sam'];
const gameEndsWithinMs = 6 * 60_000;

for (const { players, size } of [{ players: 7, size: 'phone' }, { players: 12, size: 'desktop' }, { players: 30, size: 'phone' }] as const) {
  test.describe(`${players} players`, () => {
    test.use({ bots: players - people.length });
    test(`a game of ${players} ends, on a ${size} of ${deviceSizes[size].width} px, though its leaders are killed`, async ({ mesh, browser }) => {
      test.setTimeout(gameEndsWithinMs + 120_000);
      const link = await mesh.invitation();
      const seats = await Promise.all(people.map(() => newPlayer(browser, size)));
      for (const [place, { page }] of seats.entries()) await takeSeat(page, link, people[place] ?? '');
      const [first] = seats;
      if (first === undefined) throw new Error('nobody sits');
      const { page } = first;
      await expect(page.getByTestId('player-count')).toContainText(`${players}`, { timeout: 90_000 });
      await page.getByTestId('pace-quick').click();
      await page.getByTestId('start-button').click();
      const phase = page.getByTestId('phase');
      const killAndRestart = async (): Promise<void> => { await mesh.startPart(await killLeader(mesh)); };

      await expect(phase).toHaveAttribute('data-phase', 'night', { timeout: 30_000 });
      await killAndRestart();
      const ends = seats.map((seat) => playToTheEnd(seat.page, gameEndsWithinMs));
      await expect(phase).toHaveAttribute('data-phase', /day|ended/, { timeout: 120_000 });
      await killAndRestart();
      // The votes are coming in, or the game is over already.
      await expect(page.locator('[data-phase="ended"], .players.voting:has([data-votes]:not([data-votes="0"]))').first()).toBeAttached({ timeout: 120_000 });
      await killAndRestart();
      await Promise.all(ends);

      const winners = await Promise.all(seats.map((seat) => seat.page.getByTestId('winner').getAttribute('data-winner')));
      expect(new Set(winners).size).toBe(1);
      // Everyone's page can check what it saw.
      await page.getByTestId('replay-button').click();
      await expect(page.getByTestId('fairness')).toHaveAttribute('data-verified', 'true');
      await expect(page.getByTestId('by-hand').locator('code')).toContainText('--contribution');
      // And anyone can look at it, without a seat.
      const shared = await page.getByTestId('replay-link').inputValue();
      const guest = await newPlayer(browser, size);
      await guest.page.goto(shared);
      await expect(guest.page.getByTestId('shared-replay').getByTestId('fairness')).toHaveAttribute('data-verified', 'true');
      await expect(guest.page.getByTestId('replay-step')).toBeVisible();
      await guest.context.close();
      await Promise.all(seats.map((seat) => seat.context.close()));
    });
  });
}
