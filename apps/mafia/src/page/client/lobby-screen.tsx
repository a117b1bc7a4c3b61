import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MafiaView } from '../../index.ts';
import { everyCharacter } from '../../game/characters/index.ts';
import { playersMax } from '../../game/limits.ts';
import { charactersFor, playersMinFor } from '../../game/setup.ts';
import { GameRules } from './game-rules.tsx';
import { Icon } from './icons.tsx';
import { Avatar } from './player-card.tsx';
import { momentOf, sendCommand } from './send-command.ts';
import type { Arguments } from './send-command.ts';
import { characterNames, hostWords } from './words.ts';

const paces = [
  { name: 'Quick', options: { nightMs: 25_000, dayMs: 60_000 } },
  { name: 'Normal', options: { nightMs: 45_000, dayMs: 120_000 } },
  { name: 'Relaxed', options: { nightMs: 90_000, dayMs: 300_000 } },
] as const;


interface Properties {
  readonly worker: Worker;
  readonly view: MafiaView;
  readonly onProblem: (text: string) => void;
  readonly onLeave: () => void;
  readonly onSit: () => void;
}

/** Faces arriving at the table, and the button that begins the game. */
export function LobbyScreen({ worker, view, onProblem, onLeave, onSit }: Properties): JSX.Element {
  const [pace, setPace] = useState<(typeof paces)[number]>(paces[1]);
  const [isStarting, setStarting] = useState(false);
  const count = view.players.length;
  const missing = Math.max(0, playersMinFor(view.options) - count);
  const dealt = charactersFor(count, view.options) ?? [];
  const isHost = view.you !== null && view.host === view.you.id;
  const canClaim = view.you !== null && !isHost;
  const send = async (command: string, args: Arguments): Promise<void> => {
    const problem = await sendCommand(worker, command, args);
    if (problem !== null) onProblem(problem);
  };
  const start = async (): Promise<void> => {
    setStarting(true);
    const problem = await sendCommand(worker, 'start', { ...momentOf(view), options: pace.options });
    setStarting(false);
    if (problem !== null) onProblem(problem);
  };
  return (
    <section class="panel lobby" aria-label="Lobby">
      <header class="panel-head">
        <h2>At the table</h2>
        <span class="count" data-testid="player-count">{count}<small> / {playersMax}</small></span>
      </header>
      <ul class="faces">
        {view.players.map((player) => (
          <li key={player.id} class={player.id === view.you?.id ? 'self' : ''} data-testid={`player-${player.name}`}>
            <Avatar id={player.id} name={player.name} />
            <span>{player.name}{player.id === view.you?.id && <small> you</small>}{player.id === view.host && <small data-testid="host-mark"> {hostWords.host}</small>}</span>
            {isHost && player.id !== view.you?.id && <button type="button" class="quiet remove" aria-label={hostWords.remove(player.name)} data-testid={`remove-${player.name}`} onClick={() => void send('remove', { ...momentOf(view), target: player.id })}>×</button>}
          </li>
        ))}
        {Array.from({ length: missing }, (_, place) => <li key={`empty${place}`} class="empty-seat"><span class="avatar" aria-hidden="true" /><span>free</span></li>)}
      </ul>
      {missing === 0
        ? (
          <ul class="setup" aria-label="This game will have">
            {everyCharacter.map((character) => [character, dealt.filter((each) => each === character).length] as const).filter(([, number]) => number > 0).map(([character, number]) => (
              <li key={character} class={`of-${character}`}><Icon name={character} />{number} {characterNames[character].toLowerCase()}{number > 1 && character === 'villager' ? 's' : ''}</li>
            ))}
          </ul>
        )
        : <p class="hint">{missing === 1 ? 'One more player is needed.' : `${missing} more players are needed.`}</p>}
      {view.you === null
        ? <button type="button" class="primary big" data-testid="sit-button" onClick={onSit}>Take a seat</button>
        : (
          <>
            <div class="segments pace" role="group" aria-label="Pace">
              {paces.map((choice) => <button key={choice.name} type="button" aria-pressed={choice === pace} onClick={() => setPace(choice)}>{choice.name}</button>)}
            </div>
            <GameRules options={view.options} canChoose={isHost} onChoose={(name, value) => void send('configure', { ...momentOf(view), options: { [name]: value } })} />
            <button type="button" class="primary big" data-testid="start-button" disabled={missing > 0 || isStarting} onClick={() => void start()}>{isStarting ? 'Dealing…' : 'Start the game'}</button>
            {canClaim && <button type="button" class="quiet" data-testid="claim-host-button" onClick={() => void send('claimHost', { ...momentOf(view) })}>{hostWords.claim}</button>}
            <button type="button" class="quiet" data-testid="leave-button" onClick={onLeave}>Leave the table</button>
          </>
        )}
    </section>
  );
}
