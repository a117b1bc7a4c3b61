import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView, OwnAction, SeenPlayer } from '../../index.ts';
import { CharacterCard } from './character-card.tsx';
import { DayControls } from './day-controls.tsx';
import { Icon } from './icons.tsx';
import { LastWill } from './last-will.tsx';
import { PlayerCard } from './player-card.tsx';
import { ballotOf, momentOf, sendCommand } from './send-command.ts';
import { actionName, choosesNobody, currentAction, promptFor } from './words.ts';

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
  const [wanted, setWanted] = useState<OwnAction['action'] | null>(null);
  const moment = `${view.game}/${view.phase}/${view.round}/${view.ballot?.number ?? 0}`;
  useEffect(() => { setPending(null); setWanted(null); }, [moment]);
  const action = you?.actions.find((candidate) => candidate.action === wanted) ?? currentAction(view);

  const send = async (command: string, args: Parameters<typeof sendCommand>[2]): Promise<void> => {
    const problem = await sendCommand(worker, command, args);
    if (problem !== null) onProblem(problem);
  };
  const choose = async (target: Target): Promise<void> => {
    if (action === null || (action.chosen !== null && action.chosen.target === target && action.action !== 'vote')) return;
    setPending({ target });
    if (action.action === 'judge') await send('judge', { ...ballotOf(view), verdict: target === null ? 'innocent' : 'guilty' });
    else await send(action.action, { ...(action.action === 'vote' ? ballotOf(view) : momentOf(view)), target });
    setPending(null);
  };

  const prompt = promptFor(view, action);
  const fellows = view.players.filter((player) => player.side === 'mafia' && player.id !== you?.id).map((player) => player.name);
  const isMafia = you !== null && view.players.some((player) => player.id === you.id && player.side === 'mafia');
  const nobodyVotes = view.votes.filter((vote) => vote.target === null).length;
  const voted = view.votes.length + (view.ballot?.abstained.length ?? 0);
  const alive = view.players.filter((player) => player.alive);
  const players = view.phase === 'ended' ? view.players : [...alive, ...view.players.filter((player) => !player.alive)];
  return (
    <section class="table" aria-label="The table">
      <div class={`prompt ${prompt.urgent ? 'urgent' : ''} ${view.winner === null ? '' : `won-by-${view.winner}`}`} data-testid={view.phase === 'ended' ? 'winner' : 'prompt'} data-winner={view.winner ?? ''}>
        <h2>{prompt.title}</h2>
        <p>{prompt.detail}</p>
        {view.phase === 'ended' && you !== null && <button type="button" class="primary big" data-testid="again-button" onClick={() => void send('rematch', { ...momentOf(view) })}>Play again</button>}
        {you !== null && you.actions.length > 1 && (
          <div class="segments" role="group" aria-label="What to do tonight">
            {you.actions.map((candidate) => (
              <button key={candidate.action} type="button" aria-pressed={candidate.action === action?.action} data-testid={`action-${candidate.action}`} onClick={() => setWanted(candidate.action)}>
                {actionName(candidate.action)}{candidate.chosen === null ? '' : ' ✓'}
              </button>
            ))}
          </div>
        )}
      </div>
      {you !== null && you.character !== null && <CharacterCard key={`${you.id}/${view.game}`} character={you.character} seat={`${you.id}/${view.game}`} fellows={isMafia ? fellows : []} isOver={view.phase === 'ended'} />}
      <div class="players-head">
        <h3>{view.phase === 'ended' ? 'Who was who' : `${alive.length} alive`}</h3>
        {view.phase === 'day' && <span data-testid="votes-cast">{voted} of {alive.length} voted{view.options.voteMode === 'nomination' && view.ballot !== null ? `, ${view.ballot.majority} needed` : ''}</span>}
      </div>
      <ul class="players">
        {players.map((player) => (
          <PlayerCard key={player.id} view={view} player={player} action={action} isPending={pending?.target === player.id} isDisabled={pending !== null} onChoose={(id) => void choose(id)} />
        ))}
      </ul>
      {action !== null && (
        <button type="button" class={`nobody ${action.chosen !== null && action.chosen.target === null ? 'chosen' : ''}`} aria-pressed={action.chosen !== null && action.chosen.target === null} data-testid={action.action === 'vote' ? 'vote-nobody' : 'choose-nobody'} onClick={() => void choose(null)}>
          <Icon name="hand" /><span>{choosesNobody(action.action)}</span>{action.action === 'vote' && nobodyVotes > 0 && <strong>{nobodyVotes}</strong>}
        </button>
      )}
      {view.phase === 'day' && <DayControls view={view} onSend={(command, args) => void send(command, args)} />}
      {you?.alive === true && view.phase !== 'ended' && view.options.wills && <LastWill key={view.game} will={you.will} onWrite={(text) => void send('will', { game: view.game, text })} />}
    </section>
  );
}
