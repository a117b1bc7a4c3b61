import { describe, expect, test } from '@jest/globals';
import { mafia } from '@raft-mesh/mafia';
import type { MafiaState } from '@raft-mesh/mafia';
import type { AgentId, JsonValue, Module } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { TwinGame } from './support/twin-game.ts';
import type { ViewerKind } from './support/twin-game.ts';
import type { Leak, SentFrame } from './support/twin-worlds.ts';
import { messagesOf, World } from './support/twin-worlds.ts';

// What a player may not know must not show in any frame to that player: not in its content, its size, its number or its
// time. Real managers play the same game in two worlds that differ in the viewer's secrets, and every frame to the viewer
// is compared as bytes, with the simulated time at which it was sent.
//
// What is inherent, and not hidden: a version is the index of the log, one for all. It moves with whatever is committed
// (picks, whispers, notes of bots, seconds of silence), so whoever asks can learn that something was, and nothing of what.
// Therefore the worlds commit equally many entries: where one has a pick, the other may have a note that the same agent
// keeps in `documents`. Also that a night ends early, once all have acted, is a rule of the game and known to all.

const kinds: readonly ViewerKind[] = ['villager', 'doctor', 'detective', 'mafia', 'dead', 'spectator', 'stranger'];

/** Games for each kind of viewer. */
const numRuns = 3;

describe('the frames to one viewer', () => {
  test.each(kinds)('are equal byte for byte in two games that differ in what they may not know: %s', async (viewer) => {
    const seen = { frames: 0, phases: 0, dealtApart: 0, died: 0 };
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 7, max: 10 }), fc.constantFrom(1, 3), async (seed, players, managers) => {
      const game = new TwinGame({ seed, players, managers, viewer });
      await game.play(3);
      if (game.difference !== null) expect(game.difference[1]).toEqual(game.difference[0]);
      expect(game.difference).toBeNull();
      seen.frames += game.frames;
      seen.phases += game.phases;
      seen.dealtApart += Number(game.dealtApart);
      seen.died += Number(game.viewerDied);
    }), { numRuns, seed: 40, endOnFailure: true });
    // The property says nothing unless the worlds did differ, and the viewer was sent something.
    expect(seen.dealtApart).toBe(numRuns);
    expect(seen.frames).toBeGreaterThan(25 * numRuns);
    expect(seen.phases).toBeGreaterThanOrEqual(3 * numRuns);
    expect(seen.died).toBe(viewer === 'dead' ? numRuns : 0);
  }, 30_000);

  const leaks: readonly (readonly [string, Leak])[] = [
    ['a view that counts who has acted', inView((state) => (state.phase === 'night' ? state.choices.length : 0))],
    ['a view that shows the characters', inView((state) => (state.phase === 'lobby' ? [] : state.players.map(({ character }) => character)))],
    ['a view that counts the whispers', inView((state) => state.chat.mafia.length)],
    ['an event to all that says nothing but that a pick was made', (honest) => withApplied(honest, 'kill', (apply) => (state, args, ctx) => {
      ctx.emit(null, 'everyone');
      return apply(state, args, ctx);
    })],
    ['a night that grows longer with every whisper', (honest) => withApplied(honest, 'say', (apply) => (state, args, ctx) => {
      const result = apply(state, args, ctx);
      const next = result.applied ? result.state as MafiaState : null;
      return result.applied && next?.phase === 'night' ? { ...result, state: { ...next, deadlineMs: next.deadlineMs + 1 } } : result;
    })],
  ];
  const isNoticed = async (leak: Leak): Promise<boolean> => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const game = new TwinGame({ seed, players: 9, managers: 1, viewer: 'villager', leak });
      await game.play(1);
      if (game.difference !== null) return true;
    }
    return false;
  };
  test.each(leaks)('would show %s', async (_name, leak) => {
    expect(await isNoticed(leak)).toBe(true);
  }, 30_000);
  test('show nothing, in the same games, without a leak', async () => {
    expect(await isNoticed((honest) => honest)).toBe(false);
  }, 30_000);

  test('are none at a hidden change: a night of changing picks and whispers, and one in which nobody stirs', async () => {
    const everyone = Array.from({ length: 8 }, (_, place) => `p${place + 1}` as AgentId);
    const moment = { game: 1, phase: 'night', round: 1 };
    const nightOf = async (stirs: boolean): Promise<{ readonly byNight: readonly SentFrame[]; readonly atDawn: readonly SentFrame[] }> => {
      const world = await World.open({ seed: 5, managers: 1, redeal: (state) => state });
      const { clock } = world;
      for (const id of everyone) await world.seat(id);
      for (const id of everyone) world.at(id).command('mafia', 'join', {});
      await clock.advance(50);
      world.at('p1' as AgentId).command('mafia', 'start', { game: 1, phase: 'lobby', round: 0, options: { nightMs: 4_000, dayMs: 4_000 } });
      await clock.advance(50);
      const having = (character: string): AgentId => {
        const found = world.state.phase === 'night' ? world.state.players.find((player) => player.character === character) : undefined;
        if (found === undefined) throw new Error(`nobody was dealt ${character}`);
        return found.id;
      };
      const [viewer, wolf, doctor, detective] = [having('villager'), having('mafia'), having('doctor'), having('detective')];
      world.at(viewer).watch();
      await clock.advance(50);
      const before = world.framesTo(viewer).length;
      for (const target of [detective, doctor, viewer, doctor]) {
        if (stirs) {
          world.at(wolf).command('mafia', 'kill', { ...moment, target });
          world.at(wolf).command('mafia', 'say', { ...moment, text: `now ${target}` });
          world.at(doctor).command('mafia', 'protect', { ...moment, target: doctor });
        }
        await clock.advance(333);
        world.at(viewer).beat();
      }
      await clock.advance(100);
      expect(world.at(wolf).outcomes.filter((outcome) => outcome === 'committed').length).toBeGreaterThanOrEqual(stirs ? 9 : 1);
      const byNight = world.framesTo(viewer).slice(before);
      await clock.advance(4_000);
      expect(world.state.phase).toBe('day');
      const atDawn = world.framesTo(viewer).slice(before + byNight.length);
      await world.close();
      return { byNight, atDawn };
    };
    const [still, stirred] = [await nightOf(false), await nightOf(true)];
    expect(messagesOf(stirred.byNight).map(({ message }) => message.type)).toEqual(['heartbeatAck', 'heartbeatAck', 'heartbeatAck', 'heartbeatAck']);
    expect(stirred.byNight).toEqual(still.byNight);
    expect(messagesOf(stirred.atDawn).map(({ message }) => message.type)).toContain('viewPatch');
    const withoutVersions = (frames: readonly SentFrame[]) => messagesOf(frames).map(({ atMs, message }) => ({ atMs, message: { ...message, version: 0, baseVersion: 0 } }));
    expect(withoutVersions(stirred.atDawn)).toEqual(withoutVersions(still.atDawn));
  });
});

/** Mafia whose view has one thing more in it. */
function inView(secret: (state: MafiaState) => JsonValue): Leak {
  return (honest) => ({ ...honest, view: (state, viewer, parameters) => ({ seen: honest.view?.(state, viewer, parameters) ?? null, secret: secret(state as MafiaState) }) });
}

type Apply = Module['commands'][string]['apply'];

/** Mafia one of whose commands does something more. */
function withApplied(honest: Module, name: string, around: (apply: Apply) => Apply): Module {
  const command = honest.commands[name];
  if (command === undefined) throw new Error(`${mafia.name} has no command ${name}`);
  return { ...honest, commands: { ...honest.commands, [name]: { ...command, apply: around(command.apply) } } };
}
