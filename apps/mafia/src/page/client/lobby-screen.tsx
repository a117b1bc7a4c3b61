import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { everyCharacter } from '../../game/characters/index.ts';
import { playersMax } from '../../game/limits.ts';
import { charactersFor, playersMinFor } from '../../game/setup.ts';
import type { MafiaView } from '../../index.ts';
import { BotsWanted } from './bots-wanted.tsx';
import { Face } from './face.tsx';
import { GameRules } from './game-rules.tsx';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import type { Absences } from './presence.ts';
import { momentOf, sendCommand } from './send-command.ts';
import type { Arguments } from './send-command.ts';

const paces = [
  { name: 'quick', options: { nightMs: 25_000, dayMs: 60_000 } },
  { name: 'normal', options: { nightMs: 45_000, dayMs: 120_000 } },
  { name: 'relaxed', options: { nightMs: 90_000, dayMs: 300_000 } },
] as const;
type Pace = (typeof paces)[number];

interface Properties {
  readonly worker: Worker;
  readonly view: MafiaView;
  readonly absences: Absences;
  readonly onProblem: (text: string) => void;
  readonly onLeave: () => void;
  readonly onSit: () => void;
  readonly onInvite: () => void;
}

/** Faces arriving at the table, and the button that begins the game. */
export function LobbyScreen({ worker, view, absences, onProblem, onLeave, onSit, onInvite }: Properties): JSX.Element {
  // Only the host sets the table's rules; whoever else starts may still say how fast.
  const [wanted, setWanted] = useState<Pace | null>(null);
  const [isStarting, setStarting] = useState(false);
  const { lobby, host } = words;
  const { you, options } = view;
  const count = view.players.length;
  const missing = Math.max(0, playersMinFor(options) - count);
  const dealt = charactersFor(count, options);
  const isHost = you !== null && view.host === you.id;
  const pace = wanted ?? paces.find((each) => each.options.nightMs === options.nightMs && each.options.dayMs === options.dayMs) ?? null;
  const send = async (command: string, args: Arguments): Promise<void> => {
    const problem = await sendCommand(worker, command, { ...momentOf(view), ...(args as Readonly<Record<string, Arguments>>) });
    if (problem !== null) onProblem(problem);
  };
  const choosePace = (next: Pace): void => { if (isHost) void send('configure', { options: next.options }); else setWanted(next); };
  const start = async (): Promise<void> => {
    setStarting(true);
    await send('start', wanted === null || isHost ? {} : { options: wanted.options });
    setStarting(false);
  };
  return (
    <section class="panel lobby" aria-label={lobby.label}>
      <header class="panel-head">
        <h2>{lobby.title}</h2>
        <span class="count" data-testid="player-count">{count}<small> / {playersMax}</small></span>
      </header>
      <ul class="faces">
        {view.players.map((player) => (
          <li key={player.id} class={player.id === you?.id ? 'self' : absences.has(player.id) ? 'absent' : ''} data-absence={absences.get(player.id) ?? ''} data-testid={`player-${player.name}`}>
            <Face id={player.id} />
            <span>{player.name}{player.id === you?.id && <small> {lobby.you}</small>}{absences.has(player.id) && <small> {absences.get(player.id) === 'dead' ? words.notes.away : words.notes.reconnecting}</small>}{player.id === view.host && <small class="host-mark" data-testid="host-mark"> {host.host}</small>}</span>
            {isHost && player.id !== you.id && <button type="button" class="quiet remove" aria-label={host.remove(player.name)} data-testid={`remove-${player.name}`} onClick={() => void send('remove', { target: player.id })}>×</button>}
          </li>
        ))}
        {Array.from({ length: missing }, (_, place) => <li key={`empty${place}`} class="empty-seat"><span class="face" aria-hidden="true" /><span>{lobby.free}</span></li>)}
        <li><button type="button" class="invite" aria-label={words.invitation.title} data-testid="invite-button" onClick={onInvite}><Icon name="invite" /></button><span>{words.invitation.title}</span></li>
      </ul>
      {missing > 0 && <p class="hint">{lobby.missing(missing)}</p>}
      {missing === 0 && dealt === null && <p class="hint">{lobby.noSetup}</p>}
      {dealt !== null && (
        <ul class="setup" aria-label={lobby.characters}>
          {everyCharacter.map((character) => [character, dealt.filter((each) => each === character).length] as const).filter(([, number]) => number > 0).map(([character, number]) => (
            <li key={character} class={`of-${character}`} title={words.characterHints[character]}><Icon name={character} />{lobby.many(number, words.characters[character])}</li>
          ))}
        </ul>
      )}
      {you === null
        ? <button type="button" class="primary big" data-testid="sit-button" onClick={onSit}>{lobby.sit}</button>
        : (
          <>
            {isHost && <BotsWanted worker={worker} view={view} absences={absences} onProblem={onProblem} />}
            <div class="segments pace" role="group" aria-label={lobby.pace}>
              {paces.map((choice) => <button key={choice.name} type="button" aria-pressed={choice === pace} data-testid={`pace-${choice.name}`} onClick={() => choosePace(choice)}>{lobby[choice.name]}</button>)}
            </div>
            <button type="button" class="primary big" data-testid="start-button" disabled={dealt === null || isStarting} onClick={() => void start()}>{isStarting ? lobby.starting : lobby.start}</button>
            <GameRules options={options} canChoose={isHost} onChange={(change) => void send('configure', { options: change as Arguments })} />
            <div class="lobby-more">
              {!isHost && <button type="button" class="quiet" data-testid="claim-host-button" onClick={() => void send('claimHost', {})}>{host.claim}</button>}
              <button type="button" class="quiet" data-testid="leave-button" onClick={onLeave}>{lobby.leave}</button>
            </div>
          </>
        )}
    </section>
  );
}
