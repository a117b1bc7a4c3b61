import type { NightAction } from './night-actions.ts';

/** What a player secretly is. (Never called a role: that word belongs to Raft.) */
export type Character =
  | 'villager' | 'detective' | 'doctor' | 'bodyguard' | 'tracker' | 'watcher' | 'vigilante' | 'roleblocker' | 'hunter' | 'mayor'
  | 'mafia' | 'godfather' | 'consort' | 'framer'
  | 'jester';

/** Whom a player wins with. `alone`: with nobody, by a rule of their own. */
export type Side = 'town' | 'mafia' | 'alone';

/** Which side won. `nobody`: the game was abandoned. Who is alone wins besides, or not. */
export type Winner = 'town' | 'mafia' | 'nobody';

/** The rule of one character. */
export interface CharacterRule {
  readonly side: Side;
  /** In one sentence. */
  readonly rule: string;
  /** What this one does by night. */
  readonly actions: readonly NightAction[];
  /** What a detective finds, unless somebody was framed. */
  readonly seems: 'guilty' | 'innocent';
}
