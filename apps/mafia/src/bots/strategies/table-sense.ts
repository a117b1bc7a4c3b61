import type { AgentId } from '@raft-mesh/state-machine';
import type { Playing } from '../strategy.ts';

// What any player at the table can see at a glance.

/** The one with the most choices among `allowed`, `null` when nobody has any. */
export function mostChosen(choices: readonly { readonly target: AgentId | null }[], allowed: readonly AgentId[]): AgentId | null {
  let best: AgentId | null = null;
  let most = 0;
  for (const candidate of allowed) {
    const count = choices.filter((choice) => choice.target === candidate).length;
    if (count > most) { best = candidate; most = count; }
  }
  return best;
}

export const without = (ids: readonly AgentId[], others: readonly AgentId[]): readonly AgentId[] => ids.filter((id) => !others.includes(id));

/** Those whom the viewer knows to be mafia by being one of them. */
export const fellowsOf = (view: Playing): readonly AgentId[] => view.players.filter((player) => player.side === 'mafia').map((player) => player.id);

export const isMafiaSide = (view: Playing): boolean => fellowsOf(view).includes(view.you.id);

/** Whom the viewer found guilty, and whom not. */
export const foundBy = (view: Playing, guilty: boolean): readonly AgentId[] => view.learned.investigations.filter((made) => made.isGuilty === guilty).map((made) => made.target);

export const nameIn = (view: Playing, id: AgentId | null): string => view.players.find((player) => player.id === id)?.name ?? 'nobody';
