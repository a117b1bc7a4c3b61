import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import { Icon } from './icons.tsx';
import { connectText } from './words.ts';

const nameLengthMax = 24;

/** The first thing a guest sees: what this is, one field, one button. */
export function WelcomeScreen({ problem, isJoining, onJoin }: { readonly problem: string | null; readonly isJoining: boolean; readonly onJoin: (name: string) => void }): JSX.Element {
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { field.current?.focus(); }, []);
  const ready = name.trim() !== '' && !isJoining;
  return (
    <main class="welcome">
      <Title />
      <form class="panel welcome-form" onSubmit={(event) => { event.preventDefault(); if (ready) onJoin(name.trim()); }}>
        <label for="name">What do they call you?</label>
        <input
          id="name" ref={field} type="text" value={name} maxLength={nameLengthMax} autoComplete="nickname" autoCapitalize="words" spellcheck={false} enterKeyHint="go"
          placeholder="Your name" data-testid="name-input" disabled={isJoining} onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="primary big" data-testid="join-button" disabled={!ready}>{isJoining ? 'Taking a seat…' : 'Take a seat'}</button>
        {problem !== null && <p class="problem" role="alert" data-testid="problem">{problem}</p>}
      </form>
      <p class="small-print">No account, nothing to install. Close the tab and come back: your seat waits.</p>
    </main>
  );
}

export function Title(): JSX.Element {
  return (
    <header class="title">
      <span class="title-mark"><Icon name="moon" /></span>
      <h1>Mafia</h1>
      <p>A quiet village. Some of you are not what you seem.</p>
    </header>
  );
}

/** For someone who has no seat and no invitation. */
export function UninvitedScreen({ problem }: { readonly problem: string | null }): JSX.Element {
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form">
        <h2>You need an invitation</h2>
        {problem !== null && <p class="problem" role="alert" data-testid="problem">{problem}</p>}
        <p>Whoever runs this game has a link for you. Open it here, and you are in.</p>
      </div>
    </main>
  );
}

const patienceMs = 4_000;

/** Shown while an old seat is looked for. If that takes long there is a way out. */
export function ReturningScreen({ name, onStartOver }: { readonly name: string; readonly onStartOver: () => void }): JSX.Element {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form" role="status">
        <h2>Welcome back, {name}</h2>
        <p>Finding your seat…</p>
        {isLong && <><p>This takes longer than usual: none of the managers answers. Your seat is safe; this page goes on trying.</p><button type="button" onClick={onStartOver} data-testid="start-over">Give up this seat</button></>}
      </div>
    </main>
  );
}

/** The seat cannot be had any more: refused, revoked, or open elsewhere. */
export function EndedScreen({ code, message, onStartOver, onReload }: { readonly code: ProtocolErrorCode | null; readonly message: string; readonly onStartOver: () => void; readonly onReload: () => void }): JSX.Element {
  const isElsewhere = code === 'replaced';
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form" role="alert" data-testid="ended">
        <h2>{isElsewhere ? 'You are playing in another tab' : 'This seat is gone'}</h2>
        <p>{isElsewhere ? 'Close this one, or go on playing here.' : connectText(code, message)}</p>
        {isElsewhere
          ? <button type="button" class="primary big" onClick={onReload}>Play here</button>
          : <button type="button" class="primary big" onClick={onStartOver} data-testid="start-over">Start over</button>}
      </div>
    </main>
  );
}
