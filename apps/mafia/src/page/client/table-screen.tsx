import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView, OwnAction, SeenPlayer } from '../../index.ts';
import { DayControls } from './day-controls.tsx';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import { LastWill } from './last-will.tsx';
import { PlayerCard } from './player-card.tsx';
import type { Absences } from './presence.ts';
import { ballotOf, momentOf, sendCommand } from './send-command.ts';

interface Properties {
  readonly worker: Worker;
  readonly view: MafiaView;
  readonly absences: Absences;
  /** What tapping a player does now; `null` for nothing. */
  readonly action: OwnAction | null;
  readonly onProblem: (text: string) => void;
}

type Target = SeenPlayer['id'] | null;

/** How many votes a full bar stands for: the line of the majority stays in sight. */
const fullBar = (view: MafiaView): number => Math.max(1, Math.ceil((view.ballot?.majority ?? 1) * 1.25), ...view.players.map((player) => view.votes.filter((vote) => vote.target === player.id).length));

/** Everyone at the table, and what may be done to them now. */
export function TableScreen({ worker, view, absences, action, onProblem }: Properties): JSX.Element {
  const { you } = view;
  const [pending, setPending] = useState<{ readonly target: Target } | null>(null);
  const moment = `${view.game}/${view.phase}/${view.round}/${view.ballot?.number ?? 0}`;
  useEffect(() => { setPending(null); }, [moment]);

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

  const { table } = words;
  const nobodyVotes = view.votes.filter((vote) => vote.target === null).length;
  const abstained = view.ballot?.abstained.length ?? 0;
  const alive = view.players.filter((player) => player.alive);
  const players = view.phase === 'ended' ? view.players : [...alive, ...view.players.filter((player) => !player.alive)];
  const isVoting = view.phase === 'day' && view.ballot !== null && view.ballot.trial === null;
  const bar = isVoting ? fullBar(view) : null;
  return (
    <section class="table" aria-label={table.label}>
      <div class="players-head">
        <h2>{view.phase === 'ended' ? table.whoWasWho : table.alive(alive.length)}</h2>
        {view.phase === 'day' && (
          <p><span data-testid="votes-cast">{table.voted(view.votes.length + abstained, alive.length)}</span>{abstained > 0 && <span>{table.abstained(abstained)}</span>}
            {view.ballot !== null && <span class="majority-key">{view.options.voteMode === 'nomination' ? table.needed(view.ballot.majority) : table.majority(view.ballot.majority)}</span>}</p>
        )}
      </div>
      <ul class={`players ${isVoting ? 'voting' : ''} ${view.phase === 'ended' ? 'over' : ''}`} style={bar === null ? undefined : { '--majority': `${(view.ballot?.majority ?? 0) / bar}` }}>
        {players.map((player) => (
          <PlayerCard key={player.id} view={view} player={player} absence={view.phase === 'ended' ? null : absences.get(player.id) ?? null} action={action} isPending={pending?.target === player.id} isDisabled={pending !== null} votesOfFullBar={player.alive ? bar : null} onChoose={(id) => void choose(id)} />
        ))}
      </ul>
      {action !== null && (
        <button type="button" class={`nobody ${action.chosen !== null && action.chosen.target === null ? 'chosen' : ''}`} aria-pressed={action.chosen !== null && action.chosen.target === null} data-testid={action.action === 'vote' ? 'vote-nobody' : 'choose-nobody'} onClick={() => void choose(null)}>
          <Icon name="hand" /><span>{words.actions[action.action].none}</span>{action.action === 'vote' && nobodyVotes > 0 && <strong>{nobodyVotes}</strong>}
        </button>
      )}
      {view.phase === 'day' && <DayControls view={view} onSend={(command, args) => void send(command, args)} />}
      {you?.alive === true && view.phase !== 'ended' && view.options.wills && <LastWill key={view.game} will={you.will} onWrite={(text) => void send('will', { game: view.game, text })} />}
    </section>
  );
}
