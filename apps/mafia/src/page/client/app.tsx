import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Room } from './room.tsx';
import { Scenery } from './scenery.tsx';
import { beginAnew, openSession, takeSeat } from './session.ts';
import type { Session, Visit } from './session.ts';
import { useWorkerState } from './use-mesh.ts';
import { EndedScreen, ReturningScreen, UninvitedScreen, WelcomeScreen } from './welcome-screen.tsx';

/** The page, from the link to the game. */
export function App({ code }: { readonly code: string | null }): JSX.Element {
  const [session, show] = useState<Session | null>(null);
  const visit = useMemo<Visit>(() => ({ code, show }), [code]);
  useEffect(() => { void openSession(visit); }, [visit]);
  return <><Scenery />{session !== null && <Step session={session} visit={visit} />}</>;
}

function Step({ session, visit }: { readonly session: Session; readonly visit: Visit }): JSX.Element {
  switch (session.step) {
    case 'invited': return <WelcomeScreen problem={session.problem} isJoining={false} onJoin={(name) => void takeSeat(visit, name)} />;
    case 'joining': return <WelcomeScreen problem={null} isJoining onJoin={() => undefined} />;
    case 'uninvited': return <UninvitedScreen problem={session.problem} />;
    case 'returning': return <ReturningScreen name={session.name} onStartOver={() => beginAnew(visit)} />;
    case 'playing': return <Seated worker={session.worker} name={session.name} visit={visit} />;
    default: return session satisfies never;
  }
}

/** The room for as long as the worker lives. */
function Seated({ worker, name, visit }: { readonly worker: Worker; readonly name: string; readonly visit: Visit }): JSX.Element {
  const state = useWorkerState(worker);
  if (state.phase !== 'ended') return <Room worker={worker} name={name} />;
  return <EndedScreen code={state.error?.code ?? null} message={state.error?.message ?? 'The connection was closed.'} onStartOver={() => beginAnew(visit)} onReload={() => location.reload()} />;
}
