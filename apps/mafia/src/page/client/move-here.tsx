import { ConnectError } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { connectSeat } from './connect.ts';
import { forgetInvitationCode } from './invitation.ts';
import { words } from './languages/index.ts';
import { readSeatLink } from './seat-link.ts';
import type { SeatLink } from './seat-link.ts';
import { readSeatNote } from './seat-note.ts';
import { openSession, playing } from './session.ts';
import type { Visit } from './session.ts';
import { Title } from './welcome-screen.tsx';
import { connectText } from './words.ts';

const patienceMs = 15_000;

/** Somebody opened a private link: it takes a tap before the seat moves here, for whoever looks at a link must not use it up. */
export function askToMove({ show }: Visit, text: string): void {
  const seat = readSeatLink(text);
  const own = readSeatNote();
  const goOn = (): void => { forgetInvitationCode(); void openSession({ code: null, show }); };
  const ask = (problem: string | null, canTry: boolean): void => {
    show({ step: 'asked', screen: <MoveScreen name={seat?.name ?? ''} instead={own === null || own.agent === seat?.agent ? null : own.name} problem={problem} isBusy={false} onMove={seat === null || !canTry ? null : () => void take(seat)} onNot={goOn} /> });
  };
  const take = async (wanted: SeatLink): Promise<void> => {
    show({ step: 'asked', screen: <MoveScreen name={wanted.name} instead={null} problem={null} isBusy onMove={null} onNot={goOn} /> });
    const { mesh, token, agent, name, invitation } = wanted;
    // A seat that this browser had before is in the store where it was; another seat of this browser stays as it is.
    const isOwn = own !== null && own.agent === agent && own.mesh.mesh === mesh.mesh;
    const identity = isOwn ? own.identity : agent;
    try {
      const worker = await connectSeat({ mesh, join: { token, name }, ...(identity === null ? {} : { identity }), timeoutMs: patienceMs });
      forgetInvitationCode();
      show(playing(worker, { mesh, name, invitation, agent, identity, player: isOwn ? own.player : null }));
    } catch (error) {
      const code = error instanceof ConnectError ? error.error.code : null;
      const isUsedUp = code === 'tokenSpent' || code === 'tokenExpired' || code === 'tokenInvalid' || code === 'credentialRevoked';
      if (isUsedUp) forgetInvitationCode();
      const says = words.move.refused;
      ask(code === 'tokenSpent' || code === 'tokenExpired' || code === 'tokenInvalid' ? says[code] : connectText(code, says.silent), !isUsedUp);
    }
  };
  if (seat === null) ask(words.move.refused.strange, false);
  else if (own !== null && own.agent === seat.agent && own.mesh.mesh === seat.mesh.mesh) void take(seat);
  else ask(null, true);
}

interface Properties {
  readonly name: string;
  /** Who this browser is at a table now, and would be no more. */
  readonly instead: string | null;
  readonly problem: string | null;
  readonly isBusy: boolean;
  readonly onMove: (() => void) | null;
  readonly onNot: () => void;
}

function MoveScreen({ name, instead, problem, isBusy, onMove, onNot }: Properties): JSX.Element {
  const { move } = words;
  return (
    <main class="welcome">
      <Title />
      <div class="panel welcome-form" data-testid="move-here">
        <h2>{name === '' ? move.title : move.ask(name)}</h2>
        {problem === null ? <p>{move.askHow}</p> : <p class="problem" role="alert" data-testid="problem">{problem}</p>}
        {instead !== null && problem === null && <p>{move.instead(instead)}</p>}
        {(onMove !== null || isBusy) && <button type="button" class="primary big" disabled={isBusy} data-testid="move-button" onClick={() => onMove?.()}>{isBusy ? move.moving : move.here}</button>}
        {!isBusy && <button type="button" class="quiet" data-testid="not-now-button" onClick={onNot}>{move.notNow}</button>}
      </div>
    </main>
  );
}
