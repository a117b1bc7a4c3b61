/** What a player secretly is. (Never called a role: that word belongs to Raft.) */
export type Character = 'villager' | 'mafia' | 'doctor' | 'detective';

/** Whom a player wins with. */
export type Side = 'town' | 'mafia';

/** How a game ended. `nobody`: too many rounds in a row without a death. */
export type Winner = Side | 'nobody';

export function sideOf(character: Character): Side {
  return character === 'mafia' ? 'mafia' : 'town';
}
