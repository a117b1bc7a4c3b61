import { describe, expect, test } from '@jest/globals';
import { limits, mafia } from '@raft-mesh/mafia';
import type { MafiaState } from '@raft-mesh/mafia';
import * as fc from 'fast-check';
import { playRandomly } from './random-game.ts';
import { seededRandom, Table } from './table.ts';

function freezeDeeply(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
}

/** What must hold in every state that can be reached. */
function expectLegal(state: MafiaState, logTimeMs: number): void {
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  for (const lines of Object.values(state.chat)) expect(lines.length).toBeLessThanOrEqual(limits.linesMax);
  if (state.phase === 'lobby') {
    expect(state.seats.length).toBeLessThanOrEqual(limits.playersMax);
    expect(new Set(state.seats.map((seat) => seat.name)).size).toBe(state.seats.length);
    return;
  }
  const alive = state.players.filter((player) => player.died === null);
  const mafiaAlive = alive.filter((player) => player.character === 'mafia').length;
  const isAlive = (id: string | null): boolean => alive.some((player) => player.id === id);
  expect(state.events.length).toBeLessThanOrEqual(limits.eventsMax);
  expect(Math.max(state.nights.length, state.days.length)).toBeLessThanOrEqual(limits.recordsMax);
  if (state.phase === 'ended') {
    if (state.winner === 'town') expect(mafiaAlive).toBe(0);
    if (state.winner === 'mafia') expect(mafiaAlive * 2).toBeGreaterThanOrEqual(alive.length);
    return;
  }
  expect(mafiaAlive).toBeGreaterThan(0);
  expect(mafiaAlive * 2).toBeLessThan(alive.length);
  expect(state.deadlineMs - logTimeMs).toBeLessThanOrEqual(state.phase === 'night' ? state.options.nightMs : state.options.dayMs);
  const made = state.phase === 'night' ? state.choices : state.votes;
  expect(new Set(made.map((choice) => choice.by)).size).toBe(made.length);
  for (const choice of made) expect(isAlive(choice.by) && (choice.target === null ? state.phase === 'day' : isAlive(choice.target))).toBe(true);
}

const anySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe('random games', () => {
  test('stay legal, never change a state in place, and are the same twice', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 30 }), (seed, players) => {
      const play = (look: (table: Table) => void): MafiaState => {
        const table = Table.seating(players, seed);
        playRandomly(table, players, 250, seededRandom(seed), look);
        return table.state;
      };
      const first = play((table) => { freezeDeeply(table.state); expectLegal(table.state, table.logTimeMs); });
      expect(play(() => undefined)).toEqual(first);
    }), { numRuns: 12, seed: 10 });
  });

  test('always end, even when everyone walks away', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 30 }), fc.integer({ min: 0, max: 120 }), (seed, players, steps) => {
      const table = Table.playing(players, seed);
      playRandomly(table, players, steps, seededRandom(seed), () => undefined);
      let phases = 0;
      while (table.state.phase === 'night' || table.state.phase === 'day') {
        const { deadlineMs } = table.state;
        table.endPhase();
        // A deadline that does not move on would be asked for again and again.
        const next = mafia.deadlineMs?.(table.state) ?? null;
        expect(next === null || next > deadlineMs).toBe(true);
        phases += 1;
        expect(phases).toBeLessThanOrEqual(2 * limits.quietRoundsMax + 2);
      }
    }), { numRuns: 40, seed: 11 });
  });
});
