import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Character } from '../../index.ts';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';

const firstLookMs = 6_000;
const lookedKey = 'raft-mesh/mafia/looked';

function hasLooked(seat: string): boolean {
  try { return localStorage.getItem(lookedKey) === seat; } catch { return false; }
}
function rememberLook(seat: string): void {
  try { localStorage.setItem(lookedKey, seat); } catch { /* It is shown again after a refresh, to the same person. */ }
}

/**
 * One's own secret, face down under the thumb; it shows while it is held. A new game begins with a first look, so that nobody misses it.
 * `seat` names this player in this game.
 */
export function Peek({ character, seat, fellows, isOver }: { readonly character: Character; readonly seat: string; readonly fellows: readonly string[]; readonly isOver: boolean }): JSX.Element {
  const [isHeld, setHeld] = useState(false);
  const [isLooking, setLooking] = useState(() => !hasLooked(seat) && !isOver);
  useEffect(() => {
    if (!isLooking) return undefined;
    const timer = setTimeout(() => setLooking(false), firstLookMs);
    rememberLook(seat);
    return () => clearTimeout(timer);
  }, [isLooking, seat]);
  const isOpen = isHeld || isLooking;
  const hold = (): void => setHeld(true);
  const letGo = (): void => { setHeld(false); setLooking(false); };
  const { characters, characterHints, card } = words;
  const hint = characterHints[character] + (fellows.length > 0 ? card.withYou(fellows.join(', ')) : '');
  return (
    <>
      <button
        type="button" class="peek" data-testid="my-character" data-character={character} aria-pressed={isOpen}
        onPointerDown={hold} onPointerUp={letGo} onPointerLeave={() => setHeld(false)} onPointerCancel={() => setHeld(false)} onContextMenu={(event) => event.preventDefault()}
        // A screen reader's tap is a click without a press: it cannot hold.
        onClick={(event) => { if (event.detail === 0) setLooking(true); }} onKeyDown={(event) => { if (event.key === 'Escape') letGo(); }} onBlur={letGo}
      >
        <Icon name={isOver ? character : 'eye'} /><span>{isOver ? characters[character] : card.back}</span><span class="visually-hidden"> {isOpen || isOver ? card.open(characters[character], hint) : card.hold}</span>
      </button>
      <div class={`secret of-${character} ${isOpen ? 'open' : ''}`} aria-hidden="true" onClick={letGo}>
        {isOpen && (
          <div class="secret-card">
            <span class="secret-picture"><Icon name={character} /></span>
            <strong>{characters[character]}</strong>
            <span>{hint}</span>
          </div>
        )}
      </div>
    </>
  );
}
