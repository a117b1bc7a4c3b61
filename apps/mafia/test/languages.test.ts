import { afterEach, describe, expect, test } from '@jest/globals';
import { everyCharacter, optionTable } from '@raft-mesh/mafia';
import { everyAccountWords } from '../src/page/client/account/account-words.ts';
import { english } from '../src/page/client/languages/english.ts';
import { german } from '../src/page/client/languages/german.ts';
import { languageNames, speak, words } from '../src/page/client/languages/index.ts';
import { eventText, phaseAnnouncement, promptFor } from '../src/page/client/words.ts';
import { spectator, Table } from './table.ts';

/** Every key with what it is: a text, or a function of so many things. */
function keysOf(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return [`${path}: text`];
  if (typeof value === 'function') return [`${path}: of ${value.length}`];
  return Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([key, inner]) => keysOf(inner, `${path}.${key}`));
}
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'function' ? [] : Object.values(value as Readonly<Record<string, unknown>>).flatMap(textsOf);
}

describe('the languages', () => {
  afterEach(() => speak('en'));

  test.each([['of the game', english, german], ['of accounts', everyAccountWords.en, everyAccountWords.de]] as const)('say the same things, each in its own words: %s', (_what, inEnglish, inGerman) => {
    expect(keysOf(inGerman).sort()).toEqual(keysOf(inEnglish).sort());
    const [ours, theirs] = [textsOf(inEnglish), textsOf(inGerman)];
    expect(theirs.filter((text) => text.trim() === '')).toEqual([]);
    // A few words are the same in both; a file that was only copied would be the same everywhere.
    expect(theirs.filter((text) => ours.includes(text)).length).toBeLessThan(ours.length / 20);
  });

  test.each([['en', english], ['de', german]] as const)('name every character, option and value: %s', (tag, language) => {
    expect(language.tag).toBe(tag);
    for (const character of everyCharacter) expect([character, typeof language.characters[character], typeof language.characterHints[character]]).toEqual([character, 'string', 'string']);
    for (const [name, option] of Object.entries(optionTable)) {
      expect([name, Object.keys(language.options).includes(name), Object.keys(language.optionHints).includes(name)]).toEqual([name, true, true]);
      if (option.kind === 'choice') for (const value of option.values) expect([value, Object.keys(language.optionValues).includes(value)]).toEqual([value, true]);
    }
  });

  test('can be changed while a game is going on', async () => {
    expect(Object.keys(languageNames)).toEqual(['en', 'de']);
    const table = Table.of(['mafia', 'doctor', 'detective', 'villager', 'villager', 'villager', 'villager']);
    await speak('de');
    expect(words).toBe(german);
    expect(promptFor(table.viewOf(table.the('doctor'))).title).toBe('Wen beschützt du?');
    table.endPhase();
    const view = table.view(spectator);
    expect(phaseAnnouncement(view)).toContain('Tag 1 beginnt.');
    expect(view.events.map((event) => eventText(view, event))).toContain('In der Nacht starb niemand.');
  });
});
