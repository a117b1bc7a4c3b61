import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView, SeenPlayer } from '../../index.ts';
import { CharacterCard } from './character-card.tsx';
import { Icon } from './icons.tsx';
import { PlayerCard } from './player-card.tsx';
import { momentOf, sendCommand } from './send-command.ts';
import { promptFor } from './words.ts';

interface Properties {
  readonly worker: Worker;
  readonly view: MafiaView;
  readonly onProblem: (text: string) => void;
}

type Target = SeenPlayer['id'] | null;

/** The game: what must I do, who am I, and everyone at the table. */
export function TableScreen({ worker, view, onProblem }: Properties): JSX.Element {
  const { you } = view;
  const [pending, setPending] = useState<{ readonly target: Target } | null>(null);
  const moment = `${view.game}/${view.phase}/${view.round}`;
  useEffect(() => { setPending(null); }, [moment]);

  const choose = async (target: Target): Promise<void> => {
    const action = you?.action ?? null;
    if (action === null || (you?.chosen !== null && you?.chosen?.target === target)) return;
    setPending({ target });
    const problem = await sendCommand(worker, action, { ...momentOf(view), target });
    setPending(null);
    if (problem !== null) onProblem(problem);
  };
  const playAgain = async (): Promise<void> => {
    const problem = await sendCommand(worker, 'rematch', { ...momentOf(view) });
    if (problem !== null) onProblem(problem);
  };

  const prompt = promptFor(view);
  const fellows = view.players.filter((player) => player.character === 'mafia' && player.id !== you?.id).map((player) => player.name);
  const nobodyVotes = view.votes.filter((vote) => vote.target === null).length;
  const voted = view.votes.length;
  const alive = view.players.filter((player) => player.alive);
  const players = view.phase === 'ended' ? view.players : [...alive, ...view.players.filter((player) => !player.alive)];
  return (
    <section class="table" aria-label="The table">
      <div class={`prompt ${prompt.urgent ? 'urgent' : ''} ${view.winner === null ? '' : `won-by-${view.winner}`}`} data-testid={view.phase === 'ended' ? 'winner' : 'prompt'} data-winner={view.winner ?? ''}>
        <h2>{prompt.title}</h2>
        <p>{prompt.detail}</p>
        {view.phase === 'ended' && you !== null && <button type="button" class="primary big" data-testid="again-button" onClick={() => void playAgain()}>Play again</button>}
      </div>
      {you !== null && you.character !== null && <CharacterCard key={`${you.id}/${view.game}`} character={you.character} seat={`${you.id}/${view.game}`} fellows={you.character === 'mafia' ? fellows : []} isOver={view.phase === 'ended'} />}
      <div class="players-head">
        <h3>{view.phase === 'ended' ? 'Who was who' : `${alive.length} alive`}</h3>
        {view.phase === 'day' && <span data-testid="votes-cast">{voted} of {alive.length} voted</span>}
      </div>
      <ul class="players">
        {players.map((player) => (
          <PlayerCard key={player.id} view={view} player={player} isPending={pending?.target === player.id} isDisabled={pending !== null} onChoose={(id) => void choose(id)} />
        ))}
      </ul>
      {you?.action === 'vote' && (
        <button type="button" class={`nobody ${you.chosen !== null && you.chosen.target === null ? 'chosen' : ''}`} aria-pressed={you.chosen !== null && you.chosen.target === null} data-testid="vote-nobody" onClick={() => void choose(null)}>
          <Icon name="hand" /><span>Condemn nobody today</span>{nobodyVotes > 0 && <strong>{nobodyVotes}</strong>}
        </button>
      )}
    </section>
  );
}
