import type { Command } from 'commander';
import { strategies } from '../bots/index.ts';
import type { Strategy } from '../bots/index.ts';
import { limits } from '../index.ts';
import type { SomeOptions } from '../index.ts';
import { canPlay, simulate } from '../simulate/simulate.ts';
import type { SimulationResult } from '../simulate/simulate.ts';
import { GameCommandError } from './game.ts';
import type { GameSummary } from './game.ts';

interface Flags {
  readonly players: string;
  readonly mafia?: string;
  readonly roles: string;
  readonly first: string;
  readonly strategy: string;
  readonly ties: string;
  readonly win: string;
  readonly games: string;
  readonly seed: string;
}

const example = 'mesh game simulate --players 12 --mafia 3 --roles vanilla --first night --strategy uniform --ties random --games 10000 --seed 1 --json';
const gamesMax = 1_000_000_000;
const reportEveryMs = 2_000;

const wrong = (message: string): GameCommandError => new GameCommandError('badOption', 2, message, example);

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < least || value > most) throw wrong(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

function oneOf<Value>(name: string, text: string, values: Readonly<Record<string, Value>>): Value {
  const value = Object.hasOwn(values, text) ? values[text] : undefined;
  if (value === undefined) throw wrong(`--${name} must be one of ${Object.keys(values).join(', ')}, not "${text}".`);
  return value;
}

function rulesOf(flags: Flags, players: number): SomeOptions {
  const isVanilla = oneOf('roles', flags.roles, { vanilla: true, standard: false });
  const mafia = flags.mafia === undefined ? Math.max(1, Math.floor(players / 4)) : wholeNumber('mafia', flags.mafia, 1, limits.playersMax);
  if (!isVanilla && flags.mafia !== undefined) throw wrong('With --roles standard the number of players decides how many are mafia. Leave --mafia out.');
  return {
    ...(isVanilla ? { setup: 'custom', cast: { mafia } } : { setup: 'standard' }),
    firstPhase: oneOf('first', flags.first, { day: 'day', night: 'night' } as const),
    ties: oneOf('ties', flags.ties, { random: 'random', none: 'nobody', revote: 'revote' } as const),
    mafiaWins: oneOf('win', flags.win, { parity: 'atParity', last: 'alone' } as const),
  };
}

function textOf({ games, mafiaWins, townWins, mafiaWinRate, standardError, meanDays }: SimulationResult): string {
  return [
    `${games} games: the mafia won ${mafiaWins}, the town ${townWins}${games > mafiaWins + townWins ? `, nobody ${games - mafiaWins - townWins}` : ''}.`,
    `The mafia win ${(100 * mafiaWinRate).toFixed(2)} % (± ${(100 * standardError).toFixed(2)}); a game has ${meanDays.toFixed(2)} days in the mean.`,
  ].join('\n');
}

/** `mesh game simulate`: many games in this process, by the rules of the module. Needs no mesh. */
function runSimulation(flags: Flags): GameSummary {
  const strategy = oneOf<'uniform' | Strategy>('strategy', flags.strategy, { uniform: 'uniform', ...strategies });
  const players = wholeNumber('players', flags.players, limits.playersMinOfCast, limits.playersMax);
  const rules = rulesOf(flags, players);
  if (!canPlay(players, rules)) throw wrong(`These make no game for ${players} players: there must be mafia, and fewer of them than of the others.`);
  const games = wholeNumber('games', flags.games, 1, gamesMax);
  let reportedAtMs = performance.now();
  const result = simulate({
    players, rules, strategy, games, seed: wholeNumber('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER),
    onProgress: (played) => {
      if (performance.now() < reportedAtMs + reportEveryMs) return;
      reportedAtMs = performance.now();
      process.stderr.write(`${played} of ${games} games\n`);
    },
  });
  return { json: result, text: textOf(result) };
}

/** Adds `simulate` to `mesh game`. */
export function addSimulate(game: Command, answer: (make: () => Promise<GameSummary>) => Promise<void>): void {
  game.command('simulate').description('play many games in this process, by the rules of the module; needs no mesh').option('--json', 'one JSON value').option('--app <app>', 'the app')
    .option('--players <n>', 'how many play', '12')
    .option('--mafia <m>', 'how many of them are mafia (default: a quarter)')
    .option('--roles <kind>', 'vanilla (mafia and villagers) or standard (the characters of the table)', 'vanilla')
    .option('--first <phase>', 'night or day', 'night')
    .option('--strategy <name>', `how everyone plays: uniform, ${Object.keys(strategies).join(', ')}`, 'uniform')
    .option('--ties <rule>', 'random (one of the tied is drawn), none (nobody is condemned) or revote', 'random')
    .option('--win <rule>', 'the mafia win at parity, or only when they are the last', 'parity')
    .option('--games <g>', 'how many games', '10000')
    .option('--seed <s>', 'the same seed plays the same games', '1')
    // oxlint-disable-next-line require-await -- what goes wrong is to be told like any other failure
    .action((flags: Flags) => answer(async () => runSimulation(flags)));
}
