import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { words } from './languages/index.ts';
import type { DialogProperties } from './later-dialog.tsx';
import { drawnCode, linkLifetimeMs, seatLink } from './seat-link.ts';
import { sentText } from './send-command.ts';
import { ShareLink } from './share-link.tsx';

/** The way to another device for this player: a private link, good once and for a while. */
export function MoveDialog({ note, worker, onProblem, onClose }: DialogProperties): JSX.Element {
  const [link, setLink] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { move } = words;
  const ask = async (command: string, args: Parameters<typeof worker.send>[2], done: string | null): Promise<void> => {
    setBusy(true);
    const problem = sentText(await worker.send('members', command, args));
    setBusy(false);
    if (problem === null) setLink(done); else onProblem(problem);
  };
  const make = (): void => {
    const { code, codeHash } = drawnCode();
    const mesh = { ...note.mesh, managers: worker.managers.length > 0 ? worker.managers : note.mesh.managers };
    void ask('offerMove', { codeHash, lifetimeMs: linkLifetimeMs }, seatLink({ mesh, agent: worker.agent, name: note.name, invitation: note.invitation, code }, location.origin + location.pathname));
  };
  return (
    <Dialog title={move.title} close={move.close} testId="move-dialog" onClose={onClose}>
      <p>{move.how}</p>
      <p><strong>{move.warning}</strong></p>
      {link === null
        ? <button type="button" class="big" disabled={isBusy} data-testid="make-link" onClick={make}>{move.make}</button>
        : (
          <>
            <ShareLink link={link} qrLabel={move.qr} />
            <p role="status">{move.valid(linkLifetimeMs / 60_000)}</p>
            <button type="button" class="quiet" disabled={isBusy} data-testid="take-link-back" onClick={() => void ask('withdrawMove', {}, null)}>{move.takeBack}</button>
          </>
        )}
    </Dialog>
  );
}
