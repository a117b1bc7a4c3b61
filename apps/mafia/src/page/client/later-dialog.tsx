import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView } from '../../index.ts';
import { words } from './languages/index.ts';
import type { SeatNote } from './seat-note.ts';

export type DialogName = 'settings' | 'invite' | 'move' | 'account' | 'replay';

export interface DialogProperties {
  readonly note: SeatNote;
  readonly view: MafiaView;
  readonly worker: Worker;
  readonly onProblem: (text: string) => void;
  readonly onClose: () => void;
  readonly onOpen: (name: DialogName) => void;
}

/** What is not needed at first sight comes when it is opened. */
const dialogs: Readonly<Record<DialogName, () => Promise<(properties: DialogProperties) => JSX.Element>>> = {
  settings: async () => (await import('./settings-dialog.tsx')).SettingsDialog,
  replay: async () => (await import('./replay-dialog.tsx')).ReplayDialog,
  move: async () => (await import('./move-dialog.tsx')).MoveDialog,
  account: async () => (await import('./account/account-dialog.tsx')).AccountDialog,
  invite: async () => (await import('./invite-dialog.tsx')).InviteDialog,
};

export function LaterDialog({ name, ...properties }: DialogProperties & { readonly name: DialogName }): JSX.Element | null {
  const [Dialog, setDialog] = useState<((properties: DialogProperties) => JSX.Element) | null>(null);
  useEffect(() => {
    let isWanted = true;
    dialogs[name]().then((loaded) => { if (isWanted) setDialog(() => loaded); }, () => {
      if (!isWanted) return;
      properties.onProblem(words.send.notLoaded);
      properties.onClose();
    });
    return () => { isWanted = false; };
  }, [name]);
  return Dialog === null ? null : <Dialog {...properties} />;
}
