import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Channel, MafiaView } from '../../index.ts';
import { Icon } from './icons.tsx';
import { Avatar } from './player-card.tsx';
import { momentOf, sendCommand } from './send-command.ts';
import { channelNames, nameOf, whisperWords } from './words.ts';

type Shown = Channel | 'whispers';
const lineLengthMax = 280;

/** Talk: what may be read, and a line to say where one may speak now. */
export function Chat({ worker, view, onProblem }: { readonly worker: Worker; readonly view: MafiaView; readonly onProblem: (text: string) => void }): JSX.Element {
  const readable = (['table', 'mafia', 'dead', 'whispers'] as const).filter((channel) => view.chat[channel] !== null && (channel !== 'whispers' || view.options.whispers !== 'off'));
  const speaking = view.you?.channel ?? null;
  const [wanted, setWanted] = useState<Shown>(speaking ?? 'table');
  const [listener, setListener] = useState('');
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  // One's words go somewhere else now: show that.
  useEffect(() => { setWanted(speaking ?? 'table'); }, [speaking]);
  const shown = readable.includes(wanted) ? wanted : 'table';
  const lines = view.chat[shown] ?? [];
  const listeners = view.you?.whisperTo ?? [];
  const to = shown !== 'whispers' ? null : listeners.find((id) => id === listener) ?? listeners[0] ?? null;
  const canSpeak = shown === 'whispers' ? to !== null : speaking !== null;
  const lastNumber = lines.at(-1)?.number ?? 0;
  useEffect(() => { if (list.current !== null) list.current.scrollTop = list.current.scrollHeight; }, [lastNumber, shown]);

  const say = async (): Promise<void> => {
    const line = text.trim();
    if (line === '' || isSending) return;
    setSending(true);
    const problem = to === null ? await sendCommand(worker, 'say', { ...momentOf(view), text: line }) : await sendCommand(worker, 'whisper', { ...momentOf(view), target: to, text: line });
    setSending(false);
    if (problem === null) setText(''); else onProblem(problem);
  };

  return (
    <section class="panel chat" aria-label="Talk">
      <header class="panel-head">
        <h2>Talk</h2>
        {readable.length > 1 && (
          <div class="segments" role="group" aria-label="Whose talk">
            {readable.map((channel) => <button key={channel} type="button" aria-pressed={shown === channel} onClick={() => setWanted(channel)}>{channelNames[channel]}</button>)}
          </div>
        )}
      </header>
      <ol class="lines" ref={list} data-testid="chat" tabIndex={0} aria-label="Lines">
        {lines.length === 0 && <li class="empty">{shown === 'mafia' ? 'Nobody else can read this.' : 'Nobody has said anything yet.'}</li>}
        {lines.map((line) => (
          <li key={line.number} class={line.by === view.you?.id ? 'own' : ''}>
            <Avatar id={line.by} name={line.name} small />
            <p><strong>{line.name}</strong> {line.to === undefined ? line.text : line.text === '' ? <em>{whisperWords.seen(nameOf(view, line.to))}</em> : <><em>{whisperWords.to(nameOf(view, line.to))}</em> {line.text}</>}</p>
          </li>
        ))}
      </ol>
      {!canSpeak
        ? <p class="hush">{view.you === null ? 'Those at the table can talk.' : shown === 'whispers' ? whisperWords.notNow : 'Night: only whispers.'}</p>
        : (
          <form class="say" onSubmit={(event) => { event.preventDefault(); void say(); }}>
            {to !== null && (
              <select aria-label={whisperWords.whom} data-testid="whisper-to" value={to} onChange={(event) => setListener(event.currentTarget.value)}>
                {listeners.map((id) => <option key={id} value={id}>{nameOf(view, id)}</option>)}
              </select>
            )}
            <input
              type="text" value={text} maxLength={lineLengthMax} placeholder={to !== null ? whisperWords.placeholder : speaking === 'table' ? 'Say something' : speaking === 'mafia' ? 'Whisper to the mafia' : 'Talk to the dead'}
              aria-label={to !== null ? whisperWords.placeholder : speaking === 'table' ? 'Say to everyone' : speaking === 'mafia' ? 'Whisper to the mafia' : 'Say to the dead'} data-testid="chat-input" enterKeyHint="send" autoComplete="off" onInput={(event) => setText(event.currentTarget.value)}
            />
            <button type="submit" class="round-button" aria-label="Send" disabled={text.trim() === '' || isSending}><Icon name="send" /></button>
          </form>
        )}
    </section>
  );
}
