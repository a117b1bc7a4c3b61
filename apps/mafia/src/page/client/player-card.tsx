import type { JSX } from 'preact';
import type { MafiaView, OwnAction, SeenPlayer } from '../../index.ts';
import { Icon } from './icons.tsx';
import { characterNames, nameOf, whatIsKnown } from './words.ts';

/** A colour of one's own, the same on every screen. */
function hueOf(id: string): number {
  let hash = 7;
  for (let place = 0; place < id.length; place += 1) hash = (hash * 31 + id.charCodeAt(place)) % 360;
  return hash;
}

export function Avatar({ id, name, small = false }: { readonly id: string; readonly name: string; readonly small?: boolean }): JSX.Element {
  const [initial = '?'] = name;
  return <span class={`avatar ${small ? 'small' : ''}`} style={{ '--hue': `${hueOf(id)}` }} aria-hidden="true">{initial.toUpperCase()}</span>;
}

/** What this viewer knows of a player beyond the name, in words. */
function knowledge(view: MafiaView, player: SeenPlayer): string[] {
  const notes: string[] = [];
  const isSelf = player.id === view.you?.id;
  if (!player.alive || view.phase === 'ended') notes.push(whatIsKnown(player));
  else if (player.character === 'mayor' && !isSelf) notes.push(characterNames.mayor);
  // Only at night: by day a neighbour's glance at the screen should not give them away. Holding one's card tells it any time.
  else if (view.phase === 'night' && player.side === 'mafia' && !isSelf) notes.push(player.character === null || player.character === 'mafia' ? 'fellow mafia' : characterNames[player.character]);
  const found = view.learned.investigations.findLast((made) => made.target === player.id);
  if (found !== undefined && player.alive && view.phase !== 'ended') notes.push(found.isGuilty ? 'seems guilty' : 'seems innocent');
  if (view.ballot?.trial?.accused === player.id) notes.push('on trial');
  if (view.winnersAlone.includes(player.id)) notes.push('wins too');
  if (player.isAway) notes.push('away');
  if (player.bot !== null && view.phase === 'ended') notes.push('bot');
  if (player.id === view.you?.id) notes.push('you');
  return notes.filter((note) => note !== '');
}

interface Properties {
  readonly view: MafiaView;
  readonly player: SeenPlayer;
  /** What tapping does now; `null` for nothing. */
  readonly action: OwnAction | null;
  /** Chosen here, and not yet known to be accepted. */
  readonly isPending: boolean;
  readonly isDisabled: boolean;
  readonly onChoose: (id: SeenPlayer['id']) => void;
}

/** One player at the table; tapping it votes for them, or does what one's character does. */
export function PlayerCard({ view, player, action, isPending, isDisabled, onChoose }: Properties): JSX.Element {
  const { you } = view;
  const canChoose = action !== null && action.targets.includes(player.id);
  const isChosen = action?.chosen?.target === player.id;
  const voters = view.votes.filter((vote) => vote.target === player.id);
  const pickers = view.picks.filter((pick) => pick.target === player.id && pick.by !== you?.id);
  const notes = knowledge(view, player);
  const classes = ['player', player.alive ? 'alive' : 'dead', isChosen ? 'chosen' : '', isPending ? 'pending' : '', canChoose ? 'can-choose' : '', player.id === you?.id ? 'self' : ''].join(' ');
  const votesText = voters.length === 0 ? '' : `, ${voters.length} ${voters.length === 1 ? 'vote' : 'votes'} from ${voters.map((vote) => nameOf(view, vote.by)).join(', ')}`;
  const picksText = pickers.length === 0 ? '' : `, picked by ${pickers.map((pick) => nameOf(view, pick.by)).join(', ')}`;
  const label = [player.name, player.alive ? '' : 'dead', ...notes, isChosen ? 'your choice' : ''].filter((part) => part !== '').join(', ') + votesText + picksText;
  return (
    <li>
      <button
        type="button" class={classes} data-testid={`player-${player.name}`} data-alive={player.alive} data-character={player.character ?? ''} data-votes={voters.length}
        aria-label={label} aria-pressed={isChosen} aria-disabled={!canChoose || isDisabled} onClick={() => { if (canChoose && !isDisabled) onChoose(player.id); }}
      >
        {player.alive ? <Avatar id={player.id} name={player.name} /> : <span class="avatar grave" aria-hidden="true"><Icon name="dead" /></span>}
        <span class="player-words">
          <span class="player-name">{player.name}</span>
          {!player.alive && player.will !== null && player.will !== '' && <span class="player-note will">“{player.will}”</span>}
          {notes.length > 0 && <span class={`player-note ${notes.includes('seems guilty') ? 'bad' : notes.includes('seems innocent') ? 'good' : ''}`}>{notes.join(' · ')}</span>}
        </span>
        <span class="player-marks">
          {(view.phase === 'ended' || !player.alive) && player.character !== null && <span class={`mark of-${player.character}`}><Icon name={player.character} /></span>}
          {isChosen && <span class="mark tick"><Icon name="check" /></span>}
        </span>
        {pickers.length > 0 && (
          <span class="voters">
            <span class="mark of-mafia"><Icon name="mafia" />{pickers.length}</span>
            {pickers.map((pick) => <Avatar key={pick.by} id={pick.by} name={nameOf(view, pick.by)} small />)}
          </span>
        )}
        {voters.length > 0 && (
          <span class="voters" data-testid={`votes-${player.name}`}>
            <strong>{voters.length}</strong>
            {voters.slice(0, 8).map((vote) => <Avatar key={vote.by} id={vote.by} name={nameOf(view, vote.by)} small />)}
          </span>
        )}
      </button>
    </li>
  );
}
