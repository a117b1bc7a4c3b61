import type { AgentId } from '@raft-mesh/state-machine';
import { burstLinesMax, burstWindowMs, linesMax, whispersMax } from './limits.ts';
import { isAlive, isMafia, lastOf } from './state.ts';
import type { Channel, Chat, ChatLine, MafiaState, Seat } from './state.ts';

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
export function speaksTooFast(lines: readonly ChatLine[], agent: AgentId, logTimeMs: number): boolean {
  return lines.filter((line) => line.by === agent && line.atMs > logTimeMs - burstWindowMs).length >= burstLinesMax;
}

type Said = Omit<ChatLine, 'number'>;

function withOneMore(lines: readonly ChatLine[], line: Said, most: number): readonly ChatLine[] {
  return lastOf([...lines, { number: (lines.at(-1)?.number ?? 0) + 1, ...line }], most);
}

export function withLine(chat: Chat, channel: Channel, by: Seat, text: string, atMs: number): Chat {
  return { ...chat, [channel]: withOneMore(chat[channel], { by: by.id, name: by.name, text, atMs }, linesMax) };
}

/** What a player whispered and was whispered. */
export const whispersOf = (chat: Chat, agent: AgentId): readonly ChatLine[] => chat.whispers.find((kept) => kept.of === agent)?.lines ?? [];

/** A line from one player to another. Both keep it; when it `isSeen` the table learns that it was, not what it says. */
export function withWhisper(chat: Chat, by: Seat, to: AgentId, text: string, atMs: number, isSeen: boolean): Chat {
  const line: Said = { by: by.id, name: by.name, text, atMs, to };
  const kept = [by.id, to].map((of) => ({ of, lines: withOneMore(whispersOf(chat, of), line, whispersMax) }));
  const whispers = [...chat.whispers.filter(({ of }) => of !== by.id && of !== to), ...kept];
  return { ...chat, whispers, table: isSeen ? withOneMore(chat.table, { ...line, text: '' }, linesMax) : chat.table };
}
