import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Character } from '../../index.ts';
import { Icon } from './icons.tsx';
import { characterHints, characterNames } from './words.ts';

const firstLookMs = 6_000;
const lookedKey = 'raft-mesh/mafia/looked';

function hasLooked(seat: string): boolean {
  try { return localStorage.getItem(lookedKey) === seat; } catch { return false; }
}
function rememberLook(seat: string): void {
  try { localStorage.setItem(lookedKey, seat); } catch { /* It is shown again after a refresh, to the same person. */ }
}

/**
 * One's own secret, face down; it shows while it is held. A new game begins with a first look, so that nobody misses it.
 * `seat` names this player in this game.
 */
export function CharacterCard({ character, seat, fellows, isOver }: { readonly character: Character; readonly seat: string; readonly fellows: readonly string[]; readonly isOver: boolean }): JSX.Element {
  const [isHeld, setHeld] = useState(false);
  const [isFirstLook, setFirstLook] = useState(() => !hasLooked(seat));
  useEffect(() => {
    if (!isFirstLook) return undefined;
    const timer = setTimeout(() => { setFirstLook(false); rememberLook(seat); }, firstLookMs);
    return () => clearTimeout(timer);
  }, [isFirstLook, seat]);
  const isOpen = isHeld || isFirstLook || isOver;
  const hold = (): void => setHeld(true);
  const letGo = (): void => setHeld(false);
  return (
    <button
      type="button" class={`character-card ${isOpen ? 'open' : ''} of-${isOpen ? character : 'nobody'}`} data-testid="my-character" data-character={character} aria-pressed={isOpen}
      aria-label={isOpen ? `You are: ${characterNames[character]}. ${characterHints[character]}` : 'Your secret character. Hold to look.'}
      onPointerDown={hold} onPointerUp={letGo} onPointerLeave={letGo} onPointerCancel={letGo} onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => { if (event.key === ' ' || event.key === 'Enter') hold(); }} onKeyUp={letGo} onBlur={letGo}
    >
      <span class="character-face character-back" aria-hidden="true"><Icon name="eye" /><span><strong>Your character</strong><small>Hold to look</small></span></span>
      <span class="character-face character-front" aria-hidden="true">
        <Icon name={character} />
        <span><strong>{characterNames[character]}</strong><small>{characterHints[character]}{fellows.length > 0 ? ` With you: ${fellows.join(', ')}.` : ''}</small></span>
      </span>
    </button>
  );
}
