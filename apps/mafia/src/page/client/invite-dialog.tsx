import type { JSX } from 'preact';
import { Dialog } from './dialog.tsx';
import { invitationLink } from './invitation.ts';
import { words } from './languages/index.ts';
import type { DialogProperties } from './later-dialog.tsx';
import { ShareLink } from './share-link.tsx';

/** The way to the table for others. */
export function InviteDialog({ note, onClose }: DialogProperties): JSX.Element {
  const { invitation } = words;
  return (
    <Dialog title={invitation.title} close={invitation.close} testId="invite-dialog" onClose={onClose}>
      <p>{note.invitation === null ? invitation.unknown : invitation.how}</p>
      {note.invitation !== null && <ShareLink link={invitationLink(note.invitation)} qrLabel={invitation.qr} />}
    </Dialog>
  );
}
