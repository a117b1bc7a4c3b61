import type { App } from '@raft-mesh/state-machine';
import { mafia } from './game/mafia.ts';

export { mafia };
export { charactersFor } from './game/setup.ts';
export { sideOf } from './game/character.ts';
export * as limits from './game/limits.ts';
export type { Character, Side, Winner } from './game/character.ts';
export type { NightAction } from './game/choices.ts';
export type { RefusalCode } from './game/refusals.ts';
export type { Channel, ChatLine, Choice, DayRecord, GameOptions, LynchVote, MafiaState, Moment, NightRecord, Phase, PublicEvent } from './game/state.ts';
export type { Learned, MafiaView, Own, SeenPlayer } from './game/view.ts';

/** The app that a mesh loads by the name `@raft-mesh/mafia`. */
export const app: App = { name: 'mafia', version: 1, modules: [mafia] };
