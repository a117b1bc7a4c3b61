import type { App } from '@raft-mesh/state-machine';
import { mafia } from './game/mafia.ts';

export { mafia };
export { charactersFor, playersMinFor } from './game/setup.ts';
export { characters, everyCharacter, sideOf } from './game/characters/index.ts';
export { everyNightAction, nightActions } from './game/night-actions.ts';
export { defaultOptions, optionTable } from './game/options/index.ts';
export * as limits from './game/limits.ts';
export type { Character, CharacterRule, Side, Winner } from './game/character.ts';
export type { NightAction } from './game/night-actions.ts';
export type { Cast, GameOptions } from './game/options/index.ts';
export type { SomeOptions } from './game/arguments.ts';
export type { RefusalCode } from './game/refusals.ts';
export type { Channel, ChatLine, DayRecord, Deed, LynchVote, MafiaState, Moment, NightChoice, NightRecord, Phase, PublicEvent } from './game/state.ts';
export { askForRecord, readRecord, replayRecord, verifyRecord } from './game/check/index.ts';
export type { AsksForRecord, KeptHead, OpenPlayer, Read, ReplayProblem, ReplayStep, Verification, VerificationCode } from './game/check/index.ts';
export { contributionMove } from './game/proof/contribute.ts';
export type { ContributionMove } from './game/proof/contribute.ts';
export { contributionHash } from './game/proof/hashes.ts';
export type { Commitment, Contribution, GameRecord, RecordEntry, RecordedStep } from './game/proof/record.ts';
export type { ChainHead, SeenFairness } from './game/proof/view.ts';
export type { Learned, MafiaView, Own, OwnAction, SeenBallot, SeenPlayer } from './game/view.ts';

/** The app that a mesh loads by the name `@raft-mesh/mafia`. */
export const app: App = { name: 'mafia', version: 3, modules: [mafia] };
