import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { words } from './languages/index.ts';
import { Room } from './room.tsx';
import { Scenery } from './scenery.tsx';
import type { SeatNote } from './seat-note.ts';
import { beginAnew, openSession, takeSeat } from './session.ts';
import type { Session, Visit } from './session.ts';
import { onSettings } from './settings.ts';
import { useWorkerState } from './use-mesh.ts';
import { EndedScreen, ReturningScreen, UninvitedScreen, WelcomeScreen } from './welcome-screen.tsx';

/** The page, from the link to the game. */
export function App({ code }: { readonly code: string | null }): JSX.Element {
  const [session, show] = useState<Session | null>(null);
  const visit = useMemo<Visit>(() => ({ code, show }), [code]);
  // Another language is another page: everything is said anew.
  const [, repaint] = useState(0);
  useEffect(() => onSettings(() => repaint((times) => times + 1)), []);
  useEffect(() => { void openSession(visit); }, [visit]);
  return <><Scenery />{session !== null && <Step session={session} visit={visit} />}</>;
}

function Step({ session, visit }: { readonly session: Session; readonly visit: Visit }): JSX.Element {
  switch (session.step) {
    case 'invited': return <WelcomeScreen problem={session.problem} isJoining={false} onJoin={(name) => void takeSeat(visit, name)} />;
    case 'joining': return <WelcomeScreen problem={null} isJoining onJoin={() => undefined} />;
    case 'uninvited': return <UninvitedScreen problem={session.problem} />;
    case 'returning': return <ReturningScreen name={session.name} onStartOver={() => beginAnew(visit)} />;
    case 'asked': return session.screen;
    case 'playing': return <Seated worker={session.worker} note={session.note} visit={visit} />;
    default: return session satisfies never;
  }
}

/** The room for as long as the worker lives. */
function Seated({ worker, note, visit }: { readonly worker: Worker; readonly note: SeatNote; readonly visit: Visit }): JSX.Element {
  const state = useWorkerState(worker);
  if (state.phase !== 'ended') return <Room worker={worker} note={note} />;
  return <EndedScreen code={state.error?.code ?? null} message={state.error?.message ?? words.welcome.closed} onStartOver={() => beginAnew(visit)} onReload={() => location.reload()} />;
}
