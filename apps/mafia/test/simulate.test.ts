import { describe, expect, test } from '@jest/globals';
import { FastRandom } from '../src/simulate/fast-random.ts';
import { canPlay, simulate } from '../src/simulate/simulate.ts';
import { singleMostLikely, solve } from './uniform-game.ts';
import type { UniformGame } from './uniform-game.ts';

const play = ({ players, mafia, first, ties, mafiaWins }: UniformGame, games: number, seed: number) => simulate({
  players, games, seed, strategy: 'uniform',
  rules: { setup: 'custom', cast: { mafia }, firstPhase: first, ties: ties === 'random' ? 'random' : 'nobody', selfVotes: true, mafiaWins },
});

const normal = { ties: 'random', mafiaWins: 'atParity' } as const;

describe('the exact solution', () => {
  test.each([3, 5, 7, 9, 12])('of %i players and one mafioso who must outlive all is the known product', (players) => {
    // (n - 1)!! / n!!: on each day but none the one of them escapes (Migdał, A mathematical model of the Mafia game, 2010).
    let product = 1;
    for (let living = players; living > 1; living -= 2) product *= (living - 1) / living;
    expect(solve({ players, mafia: 1, first: 'day', ties: 'random', mafiaWins: 'alone' }).mafiaWinRate).toBeCloseTo(product, 12);
  });

  test('of small games is what one finds by hand', () => {
    expect(solve({ players: 3, mafia: 1, first: 'day', ...normal })).toEqual({ mafiaWinRate: 2 / 3, meanDays: 1 });
    expect(solve({ players: 3, mafia: 1, first: 'night', ...normal })).toEqual({ mafiaWinRate: 1, meanDays: 0 });
    expect(solve({ players: 5, mafia: 1, first: 'day', ...normal }).mafiaWinRate).toBeCloseTo((4 / 5) * (2 / 3), 12);
    // Both votes for one, or one each: two of four ways are ties.
    expect(singleMostLikely(2)).toBeCloseTo(1 / 2, 12);
    // Of 27 ways, the 6 in which each gets one vote are ties.
    expect(singleMostLikely(3)).toBeCloseTo(21 / 27, 12);
  });
});

describe('uniform games by the rules of the module', () => {
  test.each<[UniformGame, number]>([
    [{ players: 12, mafia: 3, first: 'night', ...normal }, 4_000], [{ players: 12, mafia: 3, first: 'day', ...normal }, 2_000], [{ players: 12, mafia: 2, first: 'day', ...normal }, 2_000], [{ players: 12, mafia: 1, first: 'night', ...normal }, 2_000],
    [{ players: 5, mafia: 1, first: 'day', ...normal }, 4_000], [{ players: 7, mafia: 2, first: 'night', ...normal }, 3_000], [{ players: 9, mafia: 2, first: 'day', ...normal }, 3_000], [{ players: 30, mafia: 5, first: 'day', ...normal }, 400],
    [{ players: 4, mafia: 1, first: 'night', ...normal }, 2_000], [{ players: 8, mafia: 2, first: 'day', ties: 'none', mafiaWins: 'atParity' }, 3_000], [{ players: 11, mafia: 2, first: 'night', ties: 'none', mafiaWins: 'atParity' }, 2_000],
    [{ players: 10, mafia: 2, first: 'day', ties: 'random', mafiaWins: 'alone' }, 3_000], [{ players: 9, mafia: 3, first: 'night', ties: 'random', mafiaWins: 'alone' }, 3_000],
  ])('%j agree with the exact solution', (game, games) => {
    const exact = solve(game);
    const played = play(game, games, 17);
    const error = Math.sqrt((exact.mafiaWinRate * (1 - exact.mafiaWinRate)) / games);
    // Seeds are fixed: this is passed always or never. Three errors leave 1 of 370 honest seeds out.
    expect(Math.abs(played.mafiaWinRate - exact.mafiaWinRate)).toBeLessThanOrEqual(3 * error);
    expect(Math.abs(played.meanDays - exact.meanDays)).toBeLessThan((0.3 * exact.meanDays * 12) / Math.sqrt(games));
    expect(played.mafiaWins + played.townWins).toBe(games);
    expect(played.standardError).toBeCloseTo(Math.sqrt((played.mafiaWinRate * (1 - played.mafiaWinRate)) / games), 12);
  });

  test('are the same for the same seed, and others for another', () => {
    const game: UniformGame = { players: 9, mafia: 2, first: 'night', ...normal };
    expect(play(game, 300, 5)).toEqual(play(game, 300, 5));
    expect(play(game, 300, 6)).not.toEqual(play(game, 300, 5));
  });

  test('tell how far they are', () => {
    const told: number[] = [];
    simulate({ players: 3, games: 2_500, seed: 1, strategy: 'uniform', rules: { setup: 'custom', cast: { mafia: 1 }, firstPhase: 'day', ties: 'random' }, onProgress: (games) => { told.push(games); } });
    expect(told).toEqual([1_000, 2_000]);
  });

  test('are only those that can be played', () => {
    expect(canPlay(12, { setup: 'custom', cast: { mafia: 6 } })).toBe(false);
    expect(canPlay(12, { setup: 'custom', cast: { mafia: 6 }, mafiaWins: 'alone' })).toBe(true);
    expect(canPlay(2, { setup: 'custom', cast: { mafia: 1 } })).toBe(false);
  });
});

test('chance is even', () => {
  const random = new FastRandom(3);
  const draws = 60_000;
  for (const limit of [2, 3, 7, 12]) {
    const counts = Array.from({ length: limit }, () => 0);
    for (let draw = 0; draw < draws; draw += 1) { const drawn = random.integerBelow(limit); counts[drawn] = (counts[drawn] ?? 0) + 1; }
    const expected = draws / limit;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // With 11 degrees of freedom, 31 is passed by 1 of 1,000.
    expect(chiSquare).toBeLessThan(31);
  }
  expect(() => random.integerBelow(0)).toThrow(TypeError);
});
