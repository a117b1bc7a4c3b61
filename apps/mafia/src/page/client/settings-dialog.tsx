import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { isLanguageTag, languageNames, words } from './languages/index.ts';
import type { DialogProperties } from './later-dialog.tsx';
import { readSeatNote } from './seat-note.ts';
import { momentOf, sendCommand } from './send-command.ts';
import { changeSettings, settings } from './settings.ts';
import type { Colours, Settings } from './settings.ts';

const everyColours: readonly Colours[] = ['byTime', 'dark', 'light'];

/** How this person likes the page; and, for the host, the end of a game. */
export function SettingsDialog({ note, view, worker, onProblem, onClose, onOpen }: DialogProperties): JSX.Element {
  const [kept, setKept] = useState(settings());
  const [isSure, setSure] = useState(false);
  const change = (some: Partial<Settings>): void => { void changeSettings(some).then(() => setKept(settings())); };
  const send = async (command: string, args: Readonly<Record<string, string>> = {}): Promise<void> => {
    const problem = await sendCommand(worker, command, { ...momentOf(view), ...args });
    if (problem !== null) onProblem(problem);
    onClose();
  };
  const says = words.settings;
  const { player } = readSeatNote() ?? note;
  const isHost = view.you !== null && view.host === view.you.id;
  const heirs = isHost ? view.players.filter(({ id, bot }) => bot === null && id !== view.host) : [];
  const isRunning = view.phase === 'night' || view.phase === 'day';
  return (
    <Dialog title={says.title} close={says.close} testId="settings-dialog" onClose={onClose}>
      <label><span>{says.language}</span>
        <select value={kept.language} data-testid="setting-language" onChange={(event) => { const tag = event.currentTarget.value; if (isLanguageTag(tag)) change({ language: tag }); }}>
          {Object.entries(languageNames).map(([tag, name]) => <option key={tag} value={tag} lang={tag}>{name}</option>)}
        </select>
      </label>
      <label><span>{says.colours}</span>
        <select value={kept.colours} data-testid="setting-colours" onChange={(event) => { const chosen = everyColours.find((each) => each === event.currentTarget.value); if (chosen !== undefined) change({ colours: chosen }); }}>
          {everyColours.map((each) => <option key={each} value={each}>{says[each]}</option>)}
        </select>
      </label>
      <label><span>{says.sound}</span><input type="checkbox" checked={kept.sound} data-testid="setting-sound" onChange={(event) => change({ sound: event.currentTarget.checked })} /></label>
      <label><span>{says.vibration}</span><input type="checkbox" checked={kept.vibration} data-testid="setting-vibration" onChange={(event) => change({ vibration: event.currentTarget.checked })} /></label>
      {heirs.length > 0 && (
        <label><span>{words.host.whose}</span>
          <select value="" data-testid="pass-host" onChange={(event) => void send('passHost', { target: event.currentTarget.value })}>
            <option value="">{view.you?.name}</option>
            {heirs.map(({ id, name }) => <option key={id} value={id}>{words.host.pass(name)}</option>)}
          </select>
        </label>
      )}
      <button type="button" data-testid="invite-setting" onClick={() => onOpen('invite')}>{words.invitation.title}</button>
      <button type="button" data-testid="move-setting" onClick={() => onOpen('move')}>{words.move.title}</button>
      {player !== null && <button type="button" data-testid="account-setting" onClick={() => onOpen('account')}>{player.hasAccount ? says.account : says.keepSeat}</button>}
      {!isHost && view.you !== null && view.phase === 'ended' && <button type="button" data-testid="claim-host-setting" onClick={() => void send('claimHost')}>{words.host.claim}</button>}
      {isHost && isRunning && <button type="button" class="danger" data-testid="stop-game" onClick={() => { if (isSure) void send('stop'); else setSure(true); }}>{isSure ? words.host.stopSure : words.host.stop}</button>}
    </Dialog>
  );
}
