import { english } from './english.ts';
import type { Language } from './english.ts';

export type { Language } from './english.ts';

/** Each language but English comes in a file of its own, when it is wanted. */
const others = { de: async (): Promise<Language> => (await import('./german.ts')).german } as const;

export const languageNames = { en: 'English', de: 'Deutsch' } as const;
export type LanguageTag = keyof typeof languageNames;

/** What the page says, in the language that was chosen. */
export let words: Language = english;

export function isLanguageTag(text: string): text is LanguageTag {
  return Object.hasOwn(languageNames, text);
}

/** Speaks this language from now on; stays with the one before when its file cannot be had. */
export async function speak(tag: LanguageTag): Promise<void> {
  try {
    words = tag === 'en' ? english : await others[tag]();
  } catch {
    // Offline, and never heard before.
  }
}
