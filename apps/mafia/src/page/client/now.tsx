import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import type { MafiaView, OwnAction } from '../../index.ts';
import { words } from './languages/index.ts';
import { Peek } from './peek.tsx';
import { momentOf, sendCommand } from './send-command.ts';
import { promptFor } from './words.ts';

interface Properties {
  readonly worker: Worker;
  readonly view: MafiaView;
  readonly action: OwnAction | null;
  readonly onWant: (action: OwnAction['action']) => void;
  readonly onReplay: () => void;
  readonly onProblem: (text: string) => void;
}

/** What must I do now, and who am I: on every screen of a game. */
export function Now({ worker, view, action, onWant, onReplay, onProblem }: Properties): JSX.Element {
  const { you } = view;
  const prompt = promptFor(view, action);
  const isMafia = you !== null && view.players.some((player) => player.id === you.id && player.side === 'mafia');
  const fellows = isMafia ? view.players.filter((player) => player.side === 'mafia' && player.id !== you.id).map((player) => player.name) : [];
  return (
    <section class={`now ${prompt.urgent ? 'urgent' : ''} ${view.winner === null ? '' : `won-by-${view.winner}`}`} data-testid={view.phase === 'ended' ? 'winner' : 'prompt'} data-winner={view.winner ?? ''}>
      <div class="now-words">
        <h2>{prompt.title}</h2>
        <p>{prompt.detail}</p>
        {view.phase === 'ended' && you !== null && <button type="button" class="primary big" data-testid="again-button" onClick={() => void sendCommand(worker, 'rematch', { ...momentOf(view) }).then((problem) => { if (problem !== null) onProblem(problem); })}>{words.winners.again}</button>}
        {view.phase === 'ended' && view.fairness.records.includes(view.game) && <button type="button" class="big" data-testid="replay-button" onClick={onReplay}>{words.replay.open}</button>}
        {you !== null && you.actions.length > 1 && (
          <div class="segments" role="group" aria-label={words.prompts.tonight}>
            {you.actions.map((candidate) => (
              <button key={candidate.action} type="button" aria-pressed={candidate.action === action?.action} data-testid={`action-${candidate.action}`} onClick={() => onWant(candidate.action)}>
                {words.actions[candidate.action].name}{candidate.chosen === null ? '' : ' ✓'}
              </button>
            ))}
          </div>
        )}
      </div>
      <span class="now-orb" aria-hidden="true" />
      {you !== null && you.character !== null && <Peek key={`${you.id}/${view.game}`} character={you.character} seat={`${you.id}/${view.game}`} fellows={fellows} isOver={view.phase === 'ended'} />}
    </section>
  );
}
