import type { AgentId } from '@raft-mesh/state-machine';
import type { Day, Player } from '../state.ts';

/** Whoever was away and does something that all can see is waited for again. */
export function returned(players: readonly Player[], self: Player): readonly Player[] {
  return self.missedDays > 0 && self.died === null ? players.map((player) => (player === self ? { ...self, missedDays: 0 } : player)) : players;
}

/** Notes that somebody did something today that all can see. Votes and judgements note themselves. */
export function presentToday({ present, players }: Day, self: Player): Pick<Day, 'present' | 'players'> {
  return { present: present.includes(self.id) ? present : [...present, self.id], players: returned(players, self) };
}

/** Everyone who did something today, those of this ballot included. */
export function presentSoFar({ present, votes, abstained, trial }: Day): readonly AgentId[] {
  return [...new Set([...present, ...votes.map(({ by }) => by), ...abstained, ...(trial?.judgements ?? []).map(({ by }) => by)])];
}
