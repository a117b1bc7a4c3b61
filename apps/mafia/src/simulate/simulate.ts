import { nextMove } from '../bots/strategy.ts';
import type { Strategy } from '../bots/strategy.ts';
import { charactersFor, defaultOptions } from '../index.ts';
import type { SomeOptions } from '../index.ts';
import { FastRandom } from './fast-random.ts';
import { isRunning, SimulatedTable } from './table.ts';
import { playUniformly } from './uniform.ts';

export interface SimulationOptions {
  readonly players: number;
  /** The rules of every game. */
  readonly rules: SomeOptions;
  readonly strategy: 'uniform' | Strategy;
  readonly games: number;
  /** The same seed plays the same games. */
  readonly seed: number;
  /** Called now and then with the number of games played so far. */
  readonly onProgress?: (games: number) => void;
}

export interface SimulationResult {
  readonly games: number;
  readonly mafiaWins: number;
  readonly townWins: number;
  /** Of all games. */
  readonly mafiaWinRate: number;
  /** Of the win rate: the root of p(1 - p) / games. */
  readonly standardError: number;
  /** Days that began and ended, in the mean of all games. */
  readonly meanDays: number;
}

const gamesBetweenReports = 1_000;
/** Moves that one player may make in one phase: more would be a strategy that never ends. */
const movesMax = 8;

function playByView(table: SimulatedTable, strategy: Strategy, random: FastRandom): void {
  const { state } = table;
  if (!isRunning(state)) return;
  const ballot = state.phase === 'day' ? state.ballot : 0;
  for (const { id } of state.players.filter((player) => player.died === null)) {
    const tried = new Set<string>();
    for (let moves = 0; moves < movesMax; moves += 1) {
      // A vote may begin a trial, in which the rest have another thing to do.
      if (!isRunning(table.state) || table.state.phase !== state.phase || (table.state.phase === 'day' && table.state.ballot !== ballot)) return;
      const move = nextMove(table.viewOf(id), random, strategy, tried);
      if (move === null) break;
      tried.add(move.command);
      table.send(id, move.command, move.args);
    }
  }
}

/** Whether so many players can play by these rules. */
export function canPlay(players: number, rules: SomeOptions): boolean {
  return charactersFor(players, { ...defaultOptions, ...rules }) !== null;
}

/** Plays many games, one after another, by the rules of the module. Rules and players must fit (`canPlay`). */
export function simulate({ players, rules, strategy, games, seed, onProgress }: SimulationOptions): SimulationResult {
  const random = new FastRandom(seed);
  const table = new SimulatedTable(players, { ...rules, warnings: false, ...(strategy === 'uniform' ? { selfVotes: true } : {}) }, random);
  let mafiaWins = 0;
  let townWins = 0;
  let days = 0;
  for (let game = 1; game <= games; game += 1) {
    table.start();
    for (;;) {
      if (strategy === 'uniform') playUniformly(table, random);
      else playByView(table, strategy, random);
      const wasDay = table.state.phase === 'day';
      if (!table.pass()) break;
      if (wasDay && table.state.phase !== 'day') days += 1;
    }
    const { state } = table;
    if (state.phase !== 'ended') throw new Error('a game did not end');
    if (state.winner === 'mafia') mafiaWins += 1;
    else if (state.winner === 'town') townWins += 1;
    if (game % gamesBetweenReports === 0) onProgress?.(game);
  }
  const mafiaWinRate = mafiaWins / games;
  return { games, mafiaWins, townWins, mafiaWinRate, standardError: Math.sqrt((mafiaWinRate * (1 - mafiaWinRate)) / games), meanDays: days / games };
}
