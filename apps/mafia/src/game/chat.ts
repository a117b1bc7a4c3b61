import type { AgentId } from '@raft-mesh/state-machine';
import { burstLinesMax, burstWindowMs, linesMax } from './limits.ts';
import { isAlive, isMafia, lastOf } from './state.ts';
import type { Channel, Chat, MafiaState, Seat } from './state.ts';

/** Where a player's words go now, `null` when they must be silent. */
export function channelOf(state: MafiaState, agent: AgentId): Channel | null {
  if (state.phase === 'lobby') return state.seats.some((seat) => seat.id === agent) ? 'table' : null;
  const player = state.players.find((candidate) => candidate.id === agent);
  if (player === undefined) return null;
  if (state.phase === 'ended') return 'table';
  if (!isAlive(player)) return 'dead';
  if (state.phase === 'day') return 'table';
  return isMafia(player) ? 'mafia' : null;
}

/** True when this player has said so much in the last seconds that others could not read it. */
export function speaksTooFast(chat: Chat, channel: Channel, agent: AgentId, logTimeMs: number): boolean {
  return chat[channel].filter((line) => line.by === agent && line.atMs > logTimeMs - burstWindowMs).length >= burstLinesMax;
}

export function withLine(chat: Chat, channel: Channel, by: Seat, text: string, atMs: number): Chat {
  const lines = chat[channel];
  const line = { number: (lines.at(-1)?.number ?? 0) + 1, by: by.id, name: by.name, text, atMs };
  return { ...chat, [channel]: lastOf([...lines, line], linesMax) };
}
