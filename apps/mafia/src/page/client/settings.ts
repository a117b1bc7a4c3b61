import { isLanguageTag, speak } from './languages/index.ts';
import type { LanguageTag } from './languages/index.ts';

// How this person likes the page. Kept in this browser, and told to nobody.
const key = 'raft-mesh/mafia/settings';

export type Colours = 'byTime' | 'dark' | 'light';
export interface Settings {
  readonly language: LanguageTag;
  /** `byTime`: night is dark, day is light, unless the device asks for dark. */
  readonly colours: Colours;
  readonly sound: boolean;
  readonly vibration: boolean;
}

function byDefault(): Settings {
  const tag = typeof navigator === 'undefined' ? 'en' : navigator.language.slice(0, 2);
  return { language: isLanguageTag(tag) ? tag : 'en', colours: 'byTime', sound: true, vibration: true };
}

function read(): Settings {
  const usual = byDefault();
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as { readonly [Name in keyof Settings]?: unknown };
    return {
      language: typeof kept.language === 'string' && isLanguageTag(kept.language) ? kept.language : usual.language,
      colours: kept.colours === 'dark' || kept.colours === 'light' ? kept.colours : usual.colours,
      sound: kept.sound !== false, vibration: kept.vibration !== false,
    };
  } catch {
    return usual;
  }
}

let current: Settings | null = null;

export function settings(): Settings {
  current ??= read();
  return current;
}

const listeners = new Set<() => void>();

/** Calls `listener` after each change. Returns what ends it. */
export function onSettings(listener: () => void): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** Resolves once the page speaks the language that was chosen. */
export async function changeSettings(some: Partial<Settings>): Promise<void> {
  current = { ...settings(), ...some };
  try { localStorage.setItem(key, JSON.stringify(current)); } catch { /* It holds until the page is closed. */ }
  await speak(current.language);
  document.documentElement.lang = current.language;
  for (const listener of listeners) listener();
}
