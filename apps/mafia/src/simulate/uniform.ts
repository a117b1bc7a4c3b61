import type { RandomSource } from '@raft-mesh/state-machine';
import { sideOf } from '../index.ts';
import type { SimulatedTable } from './table.ts';

/**
 * Everything by chance: by day every living player votes evenly over all living players, oneself too, and nobody abstains; by night the
 * mafia kill an evenly chosen player who is not mafia. Whatever else there is to do is let be.
 */
export function playUniformly(table: SimulatedTable, random: RandomSource): void {
  const { state } = table;
  if (state.phase !== 'night' && state.phase !== 'day') return;
  const { game, phase, round } = state;
  const alive = state.players.filter((player) => player.died === null);
  if (phase === 'night') {
    const killer = alive.find((player) => sideOf(player.character) === 'mafia');
    const others = alive.filter((player) => sideOf(player.character) !== 'mafia');
    const victim = others[random.integerBelow(others.length)];
    // One pick is enough: all of the mafia would agree on it.
    if (killer !== undefined && victim !== undefined) table.send(killer.id, 'kill', { game, phase, round, target: victim.id });
    return;
  }
  const { ballot } = state;
  for (const { id } of alive) table.send(id, 'vote', { game, phase, round, ballot, target: alive[random.integerBelow(alive.length)]?.id ?? null });
}
