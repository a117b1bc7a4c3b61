import type { JSX } from 'preact';
import type { Character } from '../../index.ts';

// All pictures are drawn here, so that nothing has to be fetched.

type Shape = () => JSX.Element;

const drawings = {
  villager: () => <path d="M4 11.5 12 5l8 6.5M6.5 10v9h11v-9M10.3 19v-4.5h3.4V19" />,
  mafia: () => <><path d="M5.5 12.5c2-1 4.2-1.5 6.5-1.5s4.5.5 6.5 1.5M7.5 11.6 8.6 6.3c.2-.9 1.1-1.4 2-1.1l1.4.5 1.4-.5c.9-.3 1.8.2 2 1.1l1.1 5.3" /><path d="M7.8 15.2c.3 1.1 1 1.7 1.9 1.7s1.6-.6 1.9-1.5h.8c.3.9 1 1.5 1.9 1.5s1.6-.6 1.9-1.7" /></>,
  doctor: () => <><path d="M12 3.8 18.5 6v5.5c0 4-2.7 7-6.5 8.7-3.8-1.7-6.5-4.7-6.5-8.7V6z" /><path d="M12 8.5v6M9 11.5h6" /></>,
  detective: () => <><circle cx="10.5" cy="10.5" r="5.5" /><path d="m14.7 14.7 4.8 4.8" /></>,
  bodyguard: () => <><circle cx="12" cy="6.5" r="2.7" /><path d="M6 20v-6.5l6-2 6 2V20M9.5 20v-4h5v4" /></>,
  tracker: () => <><circle cx="8" cy="7" r="2" /><circle cx="15" cy="11" r="2" /><circle cx="9" cy="17" r="2" /><path d="m9.7 8 3.6 2M13.6 12.6 10.4 15.5" /></>,
  watcher: () => <><path d="M7 20V5h10v15M4.5 20h15" /><circle cx="14" cy="12.5" r=".8" /></>,
  vigilante: () => <><circle cx="12" cy="12" r="6.5" /><path d="M12 3v5M12 16v5M3 12h5M16 12h5" /></>,
  roleblocker: () => <><circle cx="12" cy="12" r="7.5" /><path d="m6.8 6.8 10.4 10.4" /></>,
  hunter: () => <path d="M6 4c7 1.5 12 6.5 14 14M6 4c-1 6 1 11.5 6 15M4 20 18 6M18 6h-4M18 6v4" />,
  mayor: () => <path d="M4.5 18h15l1-10-4.5 3.5L12 5.5l-4 6L3.5 8z" />,
  godfather: () => <path d="M3.5 14.5c5.5 2 11.5 2 17 0M7 13.6l1-7.1c3-1.2 5-1.2 8 0l1 7.1M9.5 17.8l2.5 2 2.5-2" />,
  consort: () => <><path d="M12 19.5C7 16 4.5 13 4.5 9.7 4.5 7.4 6.2 6 8.1 6c1.7 0 3 1 3.9 2.6C12.9 7 14.2 6 15.9 6c1.9 0 3.6 1.4 3.6 3.7 0 3.3-2.5 6.3-7.5 9.8z" /><path d="m8 16 8-8" /></>,
  framer: () => <><path d="M5 5h14v14H5z" /><path d="M8.5 8.5h7v7h-7z" /></>,
  jester: () => <><path d="M4.5 8c3 0 4.5 2 5 5 .4-4 1-6.5 2.5-8.5 1.5 2 2.1 4.5 2.5 8.5.5-3 2-5 5-5l-2 10h-11z" /><path d="M6.5 18h11" /></>,
  moon: () => <path d="M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z" />,
  sun: () => <><circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" /></>,
  dead: () => <><path d="M7 20v-9.5a5 5 0 0 1 10 0V20" /><path d="M5 20h14M12 8.5v5M10 10.3h4" /></>,
  check: () => <path d="m5 12.5 4.5 4.5L19 7.5" />,
  talk: () => <path d="M5 5.5h14v9.5h-7.5L7.5 18.5V15H5z" />,
  story: () => <path d="M6 4.5h10.5a1.5 1.5 0 0 1 1.5 1.5v13.5H7.5A1.5 1.5 0 0 1 6 18zM9 9h6M9 12.5h6" />,
  table: () => <><circle cx="12" cy="12" r="3.6" /><circle cx="12" cy="4.8" r="1.6" /><circle cx="18.2" cy="8.4" r="1.6" /><circle cx="18.2" cy="15.6" r="1.6" /><circle cx="12" cy="19.2" r="1.6" /><circle cx="5.8" cy="15.6" r="1.6" /><circle cx="5.8" cy="8.4" r="1.6" /></>,
  send: () => <path d="M5 12h13M13 6.5 18.5 12 13 17.5" />,
  gear: () => <><path d="M4 7h9M18 7h2M4 12h2M11 12h9M4 17h8M17 17h3" /><circle cx="15.5" cy="7" r="2.2" /><circle cx="8.5" cy="12" r="2.2" /><circle cx="14.5" cy="17" r="2.2" /></>,
  invite: () => <><circle cx="9.5" cy="8.5" r="3.2" /><path d="M4 19c.4-3.6 2.5-5.5 5.5-5.5 1.5 0 2.8.4 3.7 1.3M17.5 13v6M14.5 16h6" /></>,
  eye: () => <><path d="M3.5 12S6.5 6.5 12 6.5 20.5 12 20.5 12 17.5 17.5 12 17.5 3.5 12 3.5 12z" /><circle cx="12" cy="12" r="2.5" /></>,
  hand: () => <path d="M7 11.5V7a1.4 1.4 0 0 1 2.8 0v3.5V5.5a1.4 1.4 0 0 1 2.8 0v5V6.5a1.4 1.4 0 0 1 2.8 0v5.5V9.5a1.4 1.4 0 0 1 2.8 0V15a5 5 0 0 1-5 5h-1.5c-2 0-3.2-.8-4.2-2.3L4.7 14a1.4 1.4 0 0 1 2.3-1.5z" />,
} satisfies Readonly<Record<string, Shape>>;

export type IconName = keyof typeof drawings;

/** A picture beside words that say the same, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName | Character }): JSX.Element {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{drawings[name]()}</svg>;
}
