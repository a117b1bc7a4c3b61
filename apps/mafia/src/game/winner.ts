import type { AgentId } from '@raft-mesh/state-machine';
import { characters } from './characters/index.ts';
import type { GameOptions } from './options/index.ts';
import type { Player } from './state.ts';

/** Who has won, `null` while both sides still can: the town when no mafia lives, the mafia as the option says, nobody when all are dead. */
export function winnerAmong(players: readonly Player[], { mafiaWins }: Pick<GameOptions, 'mafiaWins'>): 'town' | 'mafia' | 'nobody' | null {
  let mafia = 0;
  let others = 0;
  for (const player of players) {
    if (player.died !== null) continue;
    if (characters[player.character].side === 'mafia') mafia += 1;
    else others += 1;
  }
  if (mafia === 0) return others === 0 ? 'nobody' : 'town';
  return (mafiaWins === 'atParity' ? mafia >= others : others === 0) ? 'mafia' : null;
}

/** Who won alone: condemned jesters. */
export function winnersAlone(players: readonly Player[]): readonly AgentId[] {
  return players.filter((player) => player.character === 'jester' && player.died?.cause === 'condemned').map((player) => player.id);
}
