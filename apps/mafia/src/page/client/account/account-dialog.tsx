import { forgetIdentity } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { words } from '../languages/index.ts';
import type { DialogProperties } from '../later-dialog.tsx';
import { forgetSeatNote, writeSeatNote } from '../seat-note.ts';
import type { SeatNote } from '../seat-note.ts';
import { AccountForm } from './account-form.tsx';
import type { AccountMode } from './account-form.tsx';
import { accountWords, problemText } from './account-words.ts';
import { loadSignIn } from './load-sign-in.ts';
import type { Player } from './sign-in.ts';

/** The page begins again, by the link that one came by. */
function beginAgain({ invitation }: SeatNote): void {
  forgetSeatNote();
  if (invitation === null) location.reload(); else location.hash = invitation;
}

/** Ties the seat to an account, so that it is to be had on every device; or signs out of the one that it is tied to. */
export function AccountDialog({ note, worker, onProblem, onClose }: DialogProperties): JSX.Element {
  /** `undefined`: not known yet. */
  const [player, setPlayer] = useState<Player | null | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const says = accountWords();
  useEffect(() => {
    void loadSignIn().then((signIn) => signIn?.playerNow()).then((now) => {
      if (now?.ok === true) { setPlayer(now.player); return; }
      onProblem(problemText(now?.problem ?? { kind: 'notLoaded' }));
      onClose();
    });
  }, []);

  const done = (now: Player, mode: AccountMode): void => {
    // Another player than whose seat this is: that one sits elsewhere.
    if (mode !== 'make' || now.uid !== note.player?.uid) { beginAgain(note); return; }
    writeSeatNote({ ...note, player: { uid: now.uid, hasAccount: true } });
    setPlayer(now);
  };
  const leave = async (): Promise<void> => {
    setBusy(true);
    const left = await (await loadSignIn())?.leaveAccount();
    if (left?.ok !== true) { setBusy(false); onProblem(problemText(left?.problem ?? { kind: 'notLoaded' })); onClose(); return; }
    // Nothing by which somebody else could sit down in this seat stays here; the note first, so that a page that ends now leads nobody to the rest.
    forgetSeatNote();
    try {
      await worker.close();
      await forgetIdentity({ mesh: note.mesh, identity: note.identity });
    } finally {
      beginAgain(note);
    }
  };

  const email = player?.email ?? null;
  const isOwn = player !== undefined && player !== null && player.uid === note.player?.uid;
  const head = (mode: AccountMode): JSX.Element => <p>{mode === 'make' ? says.keep.how : mode === 'reset' ? says.reset.how : says.keep.instead(note.name)}</p>;
  return (
    <Dialog title={email === null || !isOwn ? says.keep.title : words.settings.account} close={isOwn && email === null ? words.move.notNow : says.keep.close} testId="account-dialog" onClose={onClose}>
      {player === undefined && <p role="status">{says.wait}</p>}
      {player !== undefined && !isOwn && <p data-testid="account-gone">{says.keep.gone}</p>}
      {isOwn && email === null && <AccountForm first="make" name={note.name} head={head} uid={note.player?.uid ?? null} onPlayer={done} />}
      {isOwn && email !== null && (
        <>
          <p role="status" data-testid="account-kept">{says.keep.kept(email)}</p>
          <p>{says.keep.elsewhere}</p>
          <p id="account-leave-how">{says.leave.how}</p>
          <button type="button" class="danger" disabled={isBusy} aria-describedby="account-leave-how" data-testid="account-leave" onClick={() => void leave()}>{isBusy ? says.wait : says.leave.title}</button>
        </>
      )}
    </Dialog>
  );
}
