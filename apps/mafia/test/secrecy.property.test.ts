import { describe, expect, test } from '@jest/globals';
import { everyCharacter, mafia, optionTable } from '@raft-mesh/mafia';
import type { MafiaState, MafiaView } from '@raft-mesh/mafia';
import type { AgentId, JsonValue, StepContext, Viewer } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { swapHiddenFacts } from './hidden-facts.ts';
import { playRandomly, sensibleMove, wildMove } from './random-game.ts';
import { agent, applyCommand, seededRandom, spectator, Table, worker } from './table.ts';

const viewOf = (state: MafiaState, viewer: Viewer): MafiaView => mafia.view?.(state, viewer, null) as unknown as MafiaView;

/** Who looks, by what they are in the game. */
function kindOf(state: MafiaState, viewer: Viewer): string {
  if (state.phase === 'lobby' || state.phase === 'ended') return state.phase;
  const player = state.players.find((candidate) => candidate.id === viewer.agent);
  if (player === undefined) return viewer.agent === null ? 'spectator' : 'stranger';
  return player.died === null ? player.character : 'dead';
}

const viewersAtOnce = 6;

/** A game with every character in it, and rules drawn from the seed. */
const everyoneIsThere = everyCharacter.length + 1;
function optionsOf(players: number, seed: number): Record<string, JsonValue> {
  const draw = seededRandom(seed * 7 + 1);
  const oneOf = (name: keyof typeof optionTable): JsonValue => { const option = optionTable[name]; return option.kind === 'choice' ? option.values[draw.integerBelow(option.values.length)] ?? option.byDefault : draw.integerBelow(2) === 0; };
  const rules = Object.fromEntries((['voteMode', 'ties', 'reveal', 'whispers', 'firstPhase', 'endsEarly', 'selfVotes'] as const).map((name) => [name, oneOf(name)]));
  return players < everyoneIsThere ? rules : { ...rules, setup: 'custom', cast: Object.fromEntries(everyCharacter.filter((character) => character !== 'villager').map((character) => [character, 1])) };
}

/** Plays random games and calls `check` for every viewer, now and then, with this world and one that must look the same. */
function compareWorlds(seed: number, players: number, check: (state: MafiaState, other: MafiaState, viewer: Viewer, table: Table) => void): void {
  const random = seededRandom(seed);
  const table = Table.playing(players, seed, optionsOf(players, seed));
  const viewers = Array.from({ length: players }, (_, place) => worker(agent(`p${place + 1}`)));
  playRandomly(table, players, 160, random, () => {
    if (random.integerBelow(4) > 0) return;
    for (const viewer of random.shuffle([...viewers, worker(agent('stranger')), spectator]).slice(0, viewersAtOnce)) {
      check(table.state, swapHiddenFacts(table.state, viewer.agent, random), viewer, table);
    }
  });
}

const anySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const anySize = fc.oneof(fc.integer({ min: 5, max: 12 }), fc.constant(everyoneIsThere));

describe('what a viewer may not know', () => {
  test('never shows in the view: swapped facts leave it deeply equal', () => {
    const seen = new Map<string, number>();
    fc.assert(fc.property(anySeed, anySize, (seed, players) => {
      compareWorlds(seed, players, (state, other, viewer) => {
        const [here, there] = [viewOf(state, viewer), viewOf(other, viewer)];
        // Views are plain JSON, so that equal text is equal to the last byte; the slow comparison only explains a difference.
        if (JSON.stringify(here) !== JSON.stringify(there)) expect(there).toEqual(here);
        if (other !== state && JSON.stringify(other) !== JSON.stringify(state)) seen.set(kindOf(state, viewer), (seen.get(kindOf(state, viewer)) ?? 0) + 1);
      });
    }), { numRuns: 40, seed: 20 });
    const sample = Table.playing(8).viewOf(agent('p1'));
    expect(JSON.parse(JSON.stringify(sample))).toEqual(sample);
    // The property says nothing unless worlds really differed, for each kind of viewer.
    for (const kind of [...everyCharacter, 'dead', 'stranger', 'spectator']) expect([kind, (seen.get(kind) ?? 0) > 20]).toEqual([kind, true]);
  });

  test('never shows in an answer or a refusal', () => {
    fc.assert(fc.property(anySeed, anySize, (seed, players) => {
      const random = seededRandom(seed + 1);
      compareWorlds(seed, players, (state, other, viewer, table) => {
        if (viewer.agent === null) return;
        const by: AgentId = viewer.agent;
        const wild = wildMove(state.phase === 'lobby' ? [by] : state.players.map((player) => player.id), random);
        const step: StepContext = { logTimeMs: table.logTimeMs, index: 1, random: seededRandom(1), emit: (event) => { throw new Error(`an event was not looked at: ${JSON.stringify(event)}`); } };
        for (const move of [sensibleMove(by, viewOf(state, viewer), random), wild]) {
          if (move === null || move.command === 'start' || move.command === 'rematch') continue;
          const args: JsonValue = { game: state.game, phase: state.phase, round: state.round, ...move.args };
          const here = applyCommand(state, by, move.command, args, step);
          const there = applyCommand(other, by, move.command, args, step);
          const [answerHere, answerThere] = [here, there].map((result) => JSON.stringify(result.applied ? result.answer : result.refusal));
          if (answerThere !== answerHere) expect(answerThere).toBe(answerHere);
        }
      });
    }), { numRuns: 25, seed: 21 });
  });

  // Were the view to leak, would the property notice? Each of these is a leak that a view might well have.
  test.each<[string, (state: MafiaState) => JsonValue]>([
    ['how many have acted tonight', (state) => (state.phase === 'night' ? state.choices.length : 0)],
    ['the characters of the living', (state) => (state.phase === 'night' ? state.players.map((player) => player.character) : [])],
    ['whom the mafia went for', (state) => (state.phase === 'day' ? state.nights.at(-1)?.attack?.target ?? null : null)],
    ['how much the mafia whisper', (state) => state.chat.mafia.length],
    ['how much the dead talk', (state) => state.chat.dead.length],
    ['who whispers to whom', (state) => state.chat.whispers.map(({ of, lines }) => [of, lines.length])],
    ['the last wills of the living', (state) => (state.phase === 'lobby' ? [] : state.players.map(({ will }) => will))],
    ['the secret of the deal', (state) => (state.phase === 'lobby' || state.proof === null ? null : state.proof.secret)],
    ['the record so far', (state) => (state.phase === 'lobby' || state.proof === null ? [] : state.proof.entries as unknown as JsonValue)],
    ['how many bullets are left', (state) => (state.phase === 'lobby' ? [] : state.players.map(({ used }) => used))],
  ])('would be noticed: %s', (_name, leak) => {
    let noticed = false;
    for (const seed of [7, 8, 9]) {
      compareWorlds(seed, 9, (state, other, viewer) => {
        if (kindOf(state, viewer) === 'villager' && JSON.stringify(leak(state)) !== JSON.stringify(leak(other))) noticed = true;
      });
    }
    expect(noticed).toBe(true);
  });

  test('is a fixed, most restricted view for spectators, strangers and whoever else is not in the game', () => {
    fc.assert(fc.property(anySeed, anySize, (seed, players) => {
      compareWorlds(seed, players, (state, _other, viewer) => {
        if (viewer.agent !== null) return;
        const view = viewOf(state, spectator);
        expect(viewOf(state, worker(agent('stranger')))).toEqual(view);
        expect(view.you).toBeNull();
        expect([view.chat.mafia, view.chat.dead, view.chat.whispers]).toEqual([null, null, null]);
        if (state.phase !== 'ended') expect(view.players.filter((player) => player.alive).every((player) => player.character === null || player.character === 'mayor')).toBe(true);
      });
    }), { numRuns: 10, seed: 22 });
  });
});
