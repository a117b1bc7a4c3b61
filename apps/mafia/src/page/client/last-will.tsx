import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { willLengthMax } from '../../game/limits.ts';
import { words } from './languages/index.ts';

/** A few words that everyone reads once their writer is dead. */
export function LastWill({ will, onWrite }: { readonly will: string; readonly onWrite: (text: string) => void }): JSX.Element {
  const [text, setText] = useState(will);
  return (
    <details class="panel last-will">
      <summary data-testid="will-summary">{will === '' ? words.will.none : words.will.some}</summary>
      <form onSubmit={(event) => { event.preventDefault(); onWrite(text.trim()); }}>
        <textarea aria-label={words.will.label} data-testid="will-input" maxLength={willLengthMax} rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" data-testid="will-save" disabled={text.trim() === will}>{words.will.save}</button>
      </form>
    </details>
  );
}
