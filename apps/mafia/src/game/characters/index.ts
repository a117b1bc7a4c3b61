import type { Character, CharacterRule, Side } from '../character.ts';
import { bodyguard } from './bodyguard.ts';
import { consort } from './consort.ts';
import { detective } from './detective.ts';
import { doctor } from './doctor.ts';
import { framer } from './framer.ts';
import { godfather } from './godfather.ts';
import { hunter } from './hunter.ts';
import { jester } from './jester.ts';
import { mafia } from './mafia.ts';
import { mayor } from './mayor.ts';
import { roleblocker } from './roleblocker.ts';
import { tracker } from './tracker.ts';
import { vigilante } from './vigilante.ts';
import { villager } from './villager.ts';
import { watcher } from './watcher.ts';

/** Every character, in the order in which a setup is shown. */
export const characters: Readonly<Record<Character, CharacterRule>> = {
  mafia, godfather, consort, framer,
  detective, doctor, bodyguard, tracker, watcher, vigilante, roleblocker, hunter, mayor,
  jester, villager,
};

export const everyCharacter = Object.keys(characters) as readonly Character[];

export const sideOf = (character: Character): Side => characters[character].side;
