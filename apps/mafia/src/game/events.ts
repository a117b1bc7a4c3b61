import { characters } from './characters/index.ts';
import { eventsMax } from './limits.ts';
import type { GameOptions } from './options/index.ts';
import { lastOf } from './state.ts';
import type { Player, PublicEvent, Told } from './state.ts';

/** `Omit` that keeps a union a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
export type NewEvent = Without<PublicEvent, 'number'>;

export function withEvents(events: readonly PublicEvent[], added: readonly NewEvent[]): readonly PublicEvent[] {
  const first = (events.at(-1)?.number ?? 0) + 1;
  return lastOf([...events, ...added.map((event, place) => ({ ...event, number: first + place }))], eventsMax);
}

/** What everyone is told of somebody who has died. */
export function toldOf({ character }: Player, { reveal }: Pick<GameOptions, 'reveal'>): Told {
  switch (reveal) {
    case 'character': return { character, side: characters[character].side };
    case 'side': return { character: null, side: characters[character].side };
    case 'nothing': return { character: null, side: null };
    default: return reveal satisfies never;
  }
}
