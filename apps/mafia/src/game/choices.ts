import type { AgentId } from '@raft-mesh/state-machine';
import type { Character } from './character.ts';
import { isMafia, living } from './state.ts';
import type { Day, Night, NightRecord, Player } from './state.ts';

/** What a character does at night; a villager sleeps. */
export type NightAction = 'protect' | 'kill' | 'investigate';

export function nightActionOf(character: Character): NightAction | null {
  switch (character) {
    case 'villager': return null;
    case 'doctor': return 'protect';
    case 'mafia': return 'kill';
    case 'detective': return 'investigate';
    default: return character satisfies never;
  }
}

/** Whom the doctor may not protect: the one of the night before. */
export function protectedLast(doctor: AgentId, nights: readonly NightRecord[]): AgentId | null {
  return nights.at(-1)?.protections.find((protection) => protection.by === doctor)?.target ?? null;
}

/** Whom a living player may choose tonight. Only reads what that player knows. */
export function nightTargets(actor: Player, state: Night): readonly Player[] {
  const action = nightActionOf(actor.character);
  const alive = living(state.players);
  switch (action) {
    case null: return [];
    case 'protect': {
      const last = protectedLast(actor.id, state.nights);
      return alive.filter((player) => player.id !== last);
    }
    case 'kill': return alive.filter((player) => !isMafia(player));
    case 'investigate': return alive.filter((player) => player.id !== actor.id);
    default: return action satisfies never;
  }
}

/** True once nobody is waited for: everyone with something to do tonight has done it. */
export function nightIsComplete(state: Night): boolean {
  return living(state.players).every((player) => nightActionOf(player.character) === null || state.choices.some((choice) => choice.by === player.id));
}

/** True once every living player has a lynch vote. */
export function dayIsComplete(state: Day): boolean {
  return living(state.players).every((player) => state.votes.some((vote) => vote.by === player.id));
}
