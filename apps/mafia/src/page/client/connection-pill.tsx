import type { JSX } from 'preact';
import { words } from './languages/index.ts';

export type Connection = 'connected' | 'reconnecting';

/** Says whether what is on the screen is fresh: a quiet dot when it is, a pill when it is not. */
export function ConnectionPill({ connection }: { readonly connection: Connection }): JSX.Element {
  return (
    <span class={`pill ${connection}`} role="status" data-testid="connection" data-state={connection} title={words.connection[connection]}>
      <span class="pill-dot" aria-hidden="true" /><span class={connection === 'connected' ? 'visually-hidden' : ''}>{words.connection[connection]}</span>
    </span>
  );
}
