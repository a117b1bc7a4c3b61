import type { AgentId, Caller } from '@raft-mesh/state-machine';
import type { Hosting, MafiaState, Seat } from './state.ts';

export const seatsOf = (state: MafiaState): readonly Seat[] => (state.phase === 'lobby' ? state.seats : state.players);

/** Who looks after the table: whoever was made host and still sits there, else the first person, else the first bot. `null` at an empty table. */
export function hostOf(state: MafiaState): AgentId | null {
  const seats = seatsOf(state);
  const { host } = state.hosting;
  if (host !== null && seats.some((seat) => seat.id === host)) return host;
  return (seats.find((seat) => seat.bot === null) ?? seats[0])?.id ?? null;
}

/** The host, and whoever operates the mesh. */
export const mayHost = (state: MafiaState, caller: Caller): boolean => caller.accessRole === 'admin' || hostOf(state) === caller.agent;

/** Notes that the host is here. Only for what everyone may know of, so in the lobby and after the end. */
export function seen(state: MafiaState, by: AgentId, logTimeMs: number): Hosting {
  return hostOf(state) === by ? { ...state.hosting, seenAtMs: logTimeMs } : state.hosting;
}
