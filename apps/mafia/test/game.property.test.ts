import { describe, expect, test } from '@jest/globals';
import { limits, mafia, sideOf } from '@raft-mesh/mafia';
import type { MafiaState } from '@raft-mesh/mafia';
import type { JsonValue } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { playRandomly } from './random-game.ts';
import { agent, seededRandom, Table } from './table.ts';

function freezeDeeply(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeeply(part);
}

/** What must hold in every state that can be reached. */
function expectLegal(state: MafiaState, logTimeMs: number): void {
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  expect(mafia.decode?.(JSON.parse(JSON.stringify([...mafia.encode?.(state) ?? []])) as JsonValue[])).toEqual(state);
  for (const lines of [state.chat.table, state.chat.mafia, state.chat.dead]) expect(lines.length).toBeLessThanOrEqual(limits.linesMax);
  for (const { lines } of state.chat.whispers) expect(lines.length).toBeLessThanOrEqual(limits.whispersMax);
  if (state.phase === 'lobby') {
    expect(state.seats.length).toBeLessThanOrEqual(limits.playersMax);
    expect(new Set(state.seats.map((seat) => seat.name)).size).toBe(state.seats.length);
    return;
  }
  const alive = state.players.filter((player) => player.died === null);
  const mafiaAlive = alive.filter((player) => sideOf(player.character) === 'mafia').length;
  const isAlive = (id: string | null): boolean => alive.some((player) => player.id === id);
  expect(state.events.length).toBeLessThanOrEqual(limits.eventsMax);
  expect(Math.max(state.nights.length, state.days.length)).toBeLessThanOrEqual(limits.recordsMax);
  if (state.phase === 'ended') {
    if (state.winner === 'town') expect([mafiaAlive, alive.length > 0]).toEqual([0, true]);
    if (state.winner === 'mafia') expect(mafiaAlive * 2).toBeGreaterThanOrEqual(alive.length);
    return;
  }
  expect(mafiaAlive).toBeGreaterThan(0);
  expect(mafiaAlive * 2).toBeLessThan(alive.length);
  const { nightMs, dayMs, extensionMs, extensionsMax } = state.options;
  expect(state.deadlineMs - logTimeMs).toBeLessThanOrEqual(state.phase === 'night' ? nightMs : dayMs + extensionMs * extensionsMax);
  if (state.phase === 'night') {
    expect(new Set(state.choices.map(({ by, action }) => `${by} ${action}`)).size).toBe(state.choices.length);
    for (const { by, target } of state.choices) expect(isAlive(by) && (target === null || isAlive(target))).toBe(true);
    return;
  }
  expect(new Set([...state.votes.map(({ by }) => by), ...state.abstained]).size).toBe(state.votes.length + state.abstained.length);
  for (const { by, target } of state.votes) expect(isAlive(by) && (target === null || isAlive(target))).toBe(true);
  for (const { by } of state.trial?.judgements ?? []) expect(isAlive(by) && by !== state.trial?.accused).toBe(true);
  expect(state.trials.length).toBeLessThan(limits.trialsMax);
}

const anySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

const modes = ['plurality', 'nomination'];
const ties = ['nobody', 'random', 'revote'];
const rulesOf = (seed: number) => ({ voteMode: modes[seed % 2] ?? 'plurality', ties: ties[seed % 3] ?? 'nobody', firstPhase: seed % 5 === 0 ? 'day' : 'night', selfVotes: seed % 7 === 0 });

describe('random games', () => {
  test('stay legal, never change a state in place, and are the same twice', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 30 }), (seed, players) => {
      const play = (look: (table: Table) => void): MafiaState => {
        const table = Table.seating(players, seed);
        table.must(agent('p1'), 'configure', { options: rulesOf(seed) });
        playRandomly(table, players, 250, seededRandom(seed), look);
        return table.state;
      };
      const first = play((table) => { freezeDeeply(table.state); expectLegal(table.state, table.logTimeMs); });
      expect(play(() => undefined)).toEqual(first);
    }), { numRuns: 12, seed: 10 });
  });

  test('always end, even when everyone walks away', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 30 }), fc.integer({ min: 0, max: 120 }), (seed, players, steps) => {
      const table = Table.playing(players, seed, rulesOf(seed));
      playRandomly(table, players, steps, seededRandom(seed), () => undefined);
      let phases = 0;
      while (table.state.phase === 'night' || table.state.phase === 'day') {
        const { deadlineMs } = table.state;
        table.endPhase();
        // A deadline that does not move on would be asked for again and again.
        const next = mafia.deadlineMs?.(table.state) ?? null;
        expect(next === null || next > deadlineMs).toBe(true);
        phases += 1;
        // Besides, one game may be in a revote or a trial when everyone leaves.
        expect(phases).toBeLessThanOrEqual(2 * limits.quietRoundsMax + 4);
      }
    }), { numRuns: 40, seed: 11 });
  });
});
