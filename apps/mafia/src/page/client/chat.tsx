import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { lineLengthMax } from '../../game/limits.ts';
import type { Channel, MafiaView } from '../../index.ts';
import { Face } from './face.tsx';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import { momentOf, sendCommand } from './send-command.ts';
import { nameOf } from './words.ts';

type Shown = Channel | 'whispers';
const toChannel = { table: 'toTable', mafia: 'toMafia', dead: 'toDead' } as const;

/** Talk: what may be read, and a line to say where one may speak now. */
export function Chat({ worker, view, onProblem }: { readonly worker: Worker; readonly view: MafiaView; readonly onProblem: (text: string) => void }): JSX.Element {
  const { chat } = words;
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
    <section class="panel chat" aria-label={chat.title}>
      <header class="panel-head">
        <h2>{chat.title}</h2>
        {readable.length > 1 && (
          <div class="segments" role="group" aria-label={chat.whose}>
            {readable.map((channel) => <button key={channel} type="button" aria-pressed={shown === channel} onClick={() => setWanted(channel)}>{chat.channels[channel]}</button>)}
          </div>
        )}
      </header>
      <ol class="lines" ref={list} data-testid="chat" tabIndex={0} aria-label={chat.lines}>
        {lines.length === 0 && <li class="empty">{shown === 'mafia' ? chat.onlyMafia : chat.empty}</li>}
        {lines.map((line) => (
          <li key={line.number} class={line.by === view.you?.id ? 'own' : ''}>
            <Face id={line.by} small />
            <p><strong>{line.name}</strong> {line.to === undefined ? line.text : line.text === '' ? <em>{chat.seen(nameOf(view, line.to))}</em> : <><em>{chat.to(nameOf(view, line.to))}</em> {line.text}</>}</p>
          </li>
        ))}
      </ol>
      {!canSpeak
        ? <p class="hush">{view.you === null ? chat.spectators : shown === 'whispers' ? chat.notNow : chat.night}</p>
        : (
          <form class="say" onSubmit={(event) => { event.preventDefault(); void say(); }}>
            {to !== null && (
              <select aria-label={chat.whom} data-testid="whisper-to" value={to} onChange={(event) => setListener(event.currentTarget.value)}>
                {listeners.map((id) => <option key={id} value={id}>{nameOf(view, id)}</option>)}
              </select>
            )}
            <input
              type="text" value={text} maxLength={lineLengthMax} placeholder={to !== null || speaking === null ? chat.whisper : chat[speaking]} aria-label={to !== null || speaking === null ? chat.whisper : chat[toChannel[speaking]]}
              data-testid="chat-input" enterKeyHint="send" autoComplete="off" onInput={(event) => setText(event.currentTarget.value)}
            />
            <button type="submit" class="round-button" aria-label={chat.send} disabled={text.trim() === '' || isSending}><Icon name="send" /></button>
          </form>
        )}
    </section>
  );
}
