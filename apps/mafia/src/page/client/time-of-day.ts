import type { MafiaView } from '../../index.ts';
import type { Colours } from './settings.ts';

/** The palettes of `styles/theme.css`: the time of day that the whole page shows. */
export type TimeOfDay = 'dusk' | 'night' | 'day' | 'dawn' | 'evening';

function natural(view: MafiaView | null): 'dusk' | 'night' | 'day' | 'dawn' {
  switch (view?.phase) {
    case undefined: case 'lobby': return 'dusk';
    case 'night': return 'night';
    case 'day': return 'day';
    case 'ended': return view?.winner === 'town' ? 'dawn' : 'night';
    default: return 'dusk';
  }
}

/** `deviceIsDark`: the device asks for dark colours. By itself a night is always dark. */
export function timeOfDay(view: MafiaView | null, colours: Colours, deviceIsDark: boolean): TimeOfDay {
  const time = natural(view);
  const isLight = time === 'day' || time === 'dawn';
  if (colours === 'light') return isLight ? time : 'dawn';
  return isLight && (colours === 'dark' || deviceIsDark) ? 'evening' : time;
}

/** Puts on that palette. */
export function showTimeOfDay(view: MafiaView | null, colours: Colours): void {
  document.documentElement.dataset['time'] = timeOfDay(view, colours, matchMedia('(prefers-color-scheme: dark)').matches);
}
