import type { JSX } from 'preact';

export type Connection = 'connected' | 'reconnecting';

/** Says whether what is on the screen is fresh. */
export function ConnectionPill({ connection }: { readonly connection: Connection }): JSX.Element {
  return (
    <span class={`pill ${connection}`} role="status" data-testid="connection" data-state={connection}>
      <span class="pill-dot" aria-hidden="true" />
      {connection === 'connected' ? 'connected' : 'reconnecting'}
    </span>
  );
}
