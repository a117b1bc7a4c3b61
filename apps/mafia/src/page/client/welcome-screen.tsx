import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProtocolErrorCode } from '@raft-mesh/protocol';
import { nameLengthMax } from '../../game/limits.ts';
import { Face } from './face.tsx';
import { words } from './languages/index.ts';
import { connectText } from './words.ts';


/** The first thing a guest sees: what this is, one field, one button. */
export function WelcomeScreen({ problem, isJoining, onJoin }: { readonly problem: string | null; readonly isJoining: boolean; readonly onJoin: (name: string) => void }): JSX.Element {
  const [name, setName] = useState('');
  const ready = name.trim() !== '' && !isJoining;
  return (
    <main class="welcome">
      <Title />
      <form class="panel welcome-form" onSubmit={(event) => { event.preventDefault(); if (ready) onJoin(name.trim()); }}>
        <NameField name={name} isDisabled={isJoining} onName={setName} />
        <button type="submit" class="primary big" data-testid="join-button" disabled={!ready}>{isJoining ? words.welcome.joining : words.welcome.join}</button>
        {problem !== null && <p class="problem" role="alert" data-testid="problem">{problem}</p>}
      </form>
      <p class="small-print">{words.welcome.smallPrint}</p>
    </main>
  );
}

/** How one wants to be called. */
export function NameField({ name, isDisabled, onName }: { readonly name: string; readonly isDisabled: boolean; readonly onName: (name: string) => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { field.current?.focus(); }, []);
  return (
    <>
      <label for="name">{words.welcome.ask}</label>
      <input
        id="name" ref={field} type="text" value={name} maxLength={nameLengthMax} autoComplete="nickname" autoCapitalize="words" spellcheck={false} enterKeyHint="go"
        placeholder={words.welcome.placeholder} data-testid="name-input" disabled={isDisabled} onInput={(event) => onName(event.currentTarget.value)}
      />
    </>
  );
}

/** Five of the village; who the one in the middle is, nobody knows. */
const villagers = ['rosemary', 'bo', 'thyme', 'ash', 'linden'];

export function Title(): JSX.Element {
  return (
    <header class="title">
      <div class="title-faces">{villagers.map((id) => <Face key={id} id={id} />)}</div>
      <h1>{words.title.name}</h1>
      <p>{words.title.line}</p>
    </header>
  );
}

/** For someone who has no seat and no invitation. */
export function UninvitedScreen({ problem }: { readonly problem: string | null }): JSX.Element {
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form">
        <h2>{words.welcome.uninvited}</h2>
        {problem !== null && <p class="problem" role="alert" data-testid="problem">{problem}</p>}
        <p>{words.welcome.uninvitedHow}</p>
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
        <h2>{words.welcome.back(name)}</h2>
        <p>{words.welcome.finding}</p>
        {isLong && <><p>{words.welcome.long}</p><button type="button" onClick={onStartOver} data-testid="start-over">{words.welcome.giveUp}</button></>}
      </div>
    </main>
  );
}

/** The seat cannot be had any more: refused, revoked, moved to another device, or open elsewhere. */
export function EndedScreen({ code, message, onStartOver, onReload }: { readonly code: ProtocolErrorCode | null; readonly message: string; readonly onStartOver: () => void; readonly onReload: () => void }): JSX.Element {
  const isElsewhere = code === 'replaced';
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form" role="alert" data-testid="ended">
        <h2>{isElsewhere ? words.welcome.elsewhere : code === 'movedAway' ? words.welcome.moved : words.welcome.gone}</h2>
        <p>{isElsewhere ? words.welcome.elsewhereHow : connectText(code, message)}</p>
        {isElsewhere
          ? <button type="button" class="primary big" onClick={onReload}>{words.welcome.playHere}</button>
          : <button type="button" class="primary big" onClick={onStartOver} data-testid="start-over">{words.welcome.startOver}</button>}
      </div>
    </main>
  );
}
