import { limits } from '@raft-mesh/mafia';
import type { MafiaView } from '@raft-mesh/mafia';
import type { AgentId, JsonValue, RandomSource } from '@raft-mesh/state-machine';
import { agent } from './table.ts';
import type { Table } from './table.ts';

// Random games for property tests: mostly sensible moves, some nonsense, time passing in leaps.

export interface Move {
  readonly by: AgentId;
  readonly command: string;
  readonly args: Record<string, JsonValue>;
}

function pick<Item>(items: readonly Item[], random: RandomSource): Item | undefined {
  return items.length === 0 ? undefined : items[random.integerBelow(items.length)];
}

const chance = (random: RandomSource, percent: number): boolean => random.integerBelow(100) < percent;

/** What a player might sensibly do, from what that player sees. */
export function sensibleMove(by: AgentId, view: MafiaView, random: RandomSource): Move | null {
  const { you } = view;
  if (you === null) return view.phase === 'lobby' ? { by, command: 'join', args: {} } : null;
  if (you.channel !== null && chance(random, 25)) return { by, command: 'say', args: { text: `line ${random.integerBelow(1_000)}` } };
  if (view.phase === 'lobby') return { by, command: 'start', args: {} };
  if (you.action === null) return null;
  return { by, command: you.action, args: { target: pick<JsonValue>(you.action === 'vote' ? [...you.targets, null] : you.targets, random) ?? null } };
}

/** Anything at all, from anyone. */
export function wildMove(everyone: readonly AgentId[], random: RandomSource): Move {
  const command = pick(['join', 'leave', 'start', 'protect', 'kill', 'investigate', 'vote', 'say', 'rematch'], random) ?? 'join';
  const wild: Record<string, JsonValue> = chance(random, 30) ? { game: random.integerBelow(3), phase: pick(['lobby', 'night', 'day', 'ended', 'dusk'], random) ?? null, round: random.integerBelow(4) } : {};
  return { by: pick([...everyone, agent('stranger')], random) ?? agent('stranger'), command, args: { ...wild, target: pick<JsonValue>([...everyone, null, 'nobody', 7, '__proto__'], random) ?? null, text: pick(['hi', ' ', 'x'.repeat(limits.lineLengthMax)], random) ?? '' } };
}

/** Plays `steps` random steps at a table of `players`; `look` sees the table after each. Games that end are played again. */
export function playRandomly(table: Table, players: number, steps: number, random: RandomSource, look: (table: Table) => void): void {
  const everyone = Array.from({ length: players }, (_, place) => agent(`p${place + 1}`));
  for (let step = 0; step < steps; step += 1) {
    const kind = random.integerBelow(100);
    if (kind < 8) table.pass(random.integerBelow(chance(random, 50) ? 60_000 : 3_000));
    else if (kind < 20) { const move = wildMove(everyone, random); table.send(move.by, move.command, move.args); }
    else {
      const by = pick(everyone, random) ?? agent('p1');
      // Not at once, so that the end is looked at too.
      const move = table.state.phase === 'ended' ? (chance(random, 10) ? { by, command: 'rematch', args: {} } : null) : sensibleMove(by, table.viewOf(by), random);
      if (move !== null && (move.command !== 'start' || chance(random, 20))) table.send(move.by, move.command, move.args);
    }
    look(table);
  }
}
