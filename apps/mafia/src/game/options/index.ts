import type { Character } from '../character.ts';
import { dayMs } from './day-ms.ts';
import { endsEarly } from './ends-early.ts';
import { extensionMs } from './extension-ms.ts';
import { extensionsMax } from './extensions-max.ts';
import { firstPhase } from './first-phase.ts';
import { mafiaWins } from './mafia-wins.ts';
import { nightMs } from './night-ms.ts';
import type { ValueOf } from './option.ts';
import { reveal } from './reveal.ts';
import { revoteMs } from './revote-ms.ts';
import { selfVotes } from './self-votes.ts';
import { setup } from './setup.ts';
import { starts } from './starts.ts';
import { ties } from './ties.ts';
import { trialMs } from './trial-ms.ts';
import { voteMode } from './vote-mode.ts';
import { warnings } from './warnings.ts';
import { whispers } from './whispers.ts';
import { wills } from './wills.ts';

/** Everything that can be chosen before a game, but for the cast. */
export const optionTable = {
  setup, nightMs, dayMs, warnings, endsEarly, extensionMs, extensionsMax, firstPhase, voteMode, trialMs, ties, revoteMs, selfVotes, reveal, wills, whispers, mafiaWins, starts,
};

/** How many of each character a game of the setup `custom` has; the rest are villagers. */
export type Cast = { readonly [Each in Character]?: number };

export type GameOptions = { readonly [Name in keyof typeof optionTable]: ValueOf<(typeof optionTable)[Name]> } & { readonly cast: Cast };

export const defaultOptions: GameOptions = {
  ...Object.fromEntries(Object.entries(optionTable).map(([name, option]) => [name, option.byDefault])) as Omit<GameOptions, 'cast'>,
  cast: {},
};
