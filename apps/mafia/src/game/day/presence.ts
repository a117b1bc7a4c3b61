import type { AgentId } from '@raft-mesh/state-machine';
import type { Day } from '../state.ts';

/** Notes that somebody did something today that all can see; whoever was away is waited for again. */
export function presentToday(state: Day, by: AgentId): Day {
  if (state.present.includes(by)) return state;
  const returns = state.players.some((player) => player.id === by && player.died === null && player.missedDays > 0);
  return {
    ...state, present: [...state.present, by],
    players: returns ? state.players.map((player) => (player.id === by ? { ...player, missedDays: 0 } : player)) : state.players,
  };
}
