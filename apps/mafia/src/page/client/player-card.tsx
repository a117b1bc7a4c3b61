import type { JSX } from 'preact';
import type { MafiaView, OwnAction, SeenPlayer } from '../../index.ts';
import { Face } from './face.tsx';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import { nameOf, whatIsKnown } from './words.ts';

interface Notes { readonly texts: readonly string[]; readonly tone: '' | 'bad' | 'good' }

/** What this viewer knows of a player beyond the name, in words. */
function knowledge(view: MafiaView, player: SeenPlayer, absence: Properties['absence']): Notes {
  const { notes, characters } = words;
  const texts: string[] = [];
  const isSelf = player.id === view.you?.id;
  if (!player.alive || view.phase === 'ended') texts.push(whatIsKnown(player));
  else if (player.character === 'mayor' && !isSelf) texts.push(characters.mayor);
  // Only at night: by day a neighbour's glance at the screen should not give them away. Holding one's card tells it any time.
  else if (view.phase === 'night' && player.side === 'mafia' && !isSelf) texts.push(player.character === null || player.character === 'mafia' ? notes.fellow : characters[player.character]);
  const found = player.alive && view.phase !== 'ended' ? view.learned.investigations.findLast((made) => made.target === player.id) : undefined;
  if (found !== undefined) texts.push(found.isGuilty ? notes.guilty : notes.innocent);
  if (view.ballot?.trial?.accused === player.id) texts.push(notes.onTrial);
  if (view.winnersAlone.includes(player.id)) texts.push(notes.winsToo);
  if (player.isAway || absence === 'dead') texts.push(notes.away);
  else if (absence === 'suspect') texts.push(notes.reconnecting);
  if (player.bot !== null && view.phase === 'ended') texts.push(notes.bot);
  if (isSelf) texts.push(notes.you);
  return { texts: texts.filter((text) => text !== ''), tone: found === undefined ? '' : found.isGuilty ? 'bad' : 'good' };
}

interface Properties {
  readonly view: MafiaView;
  readonly player: SeenPlayer;
  /** Whether their device has not been heard of, for a moment or for long. */
  readonly absence: 'suspect' | 'dead' | null;
  /** What tapping does now; `null` for nothing. */
  readonly action: OwnAction | null;
  /** Chosen here, and not yet known to be accepted. */
  readonly isPending: boolean;
  readonly isDisabled: boolean;
  /** How many votes a full bar stands for; `null` when no votes are shown. */
  readonly votesOfFullBar: number | null;
  readonly onChoose: (id: SeenPlayer['id']) => void;
}

const votersShownMax = 6;

/** One player at the table; tapping it votes for them, or does what one's character does. */
export function PlayerCard({ view, player, absence, action, isPending, isDisabled, votesOfFullBar, onChoose }: Properties): JSX.Element {
  const { you } = view;
  const { notes } = words;
  const canChoose = action !== null && action.targets.includes(player.id);
  const isChosen = action?.chosen?.target === player.id;
  const voters = view.votes.filter((vote) => vote.target === player.id);
  const pickers = view.picks.filter((pick) => pick.target === player.id && pick.by !== you?.id);
  const known = knowledge(view, player, absence);
  const classes = ['player', player.alive ? 'alive' : 'dead', isChosen ? 'chosen' : '', isPending ? 'pending' : '', canChoose ? 'can-choose' : '', player.id === you?.id ? 'self' : '', absence === null ? '' : 'absent'].filter((name) => name !== '').join(' ');
  // What the marks show, in words, for those who hear the card.
  const spoken = [
    player.alive || view.phase === 'ended' ? '' : notes.dead, isChosen ? notes.yourChoice : '',
    voters.length === 0 ? '' : notes.votesFrom(voters.length, voters.map((vote) => nameOf(view, vote.by)).join(', ')), pickers.length === 0 ? '' : notes.pickedBy(pickers.map((pick) => nameOf(view, pick.by)).join(', ')),
  ].filter((part) => part !== '').join(', ');
  return (
    <li>
      <button
        type="button" class={classes} data-testid={`player-${player.name}`} data-alive={player.alive} data-character={player.character ?? ''} data-votes={voters.length} data-absence={absence ?? ''}
        style={votesOfFullBar === null ? undefined : { '--share': `${voters.length / votesOfFullBar}` }}
        aria-pressed={isChosen} aria-disabled={!canChoose || isDisabled} onClick={() => { if (canChoose && !isDisabled) onChoose(player.id); }}
      >
        <Face id={player.id} isDead={!player.alive && view.phase !== 'ended'} />
        <span class="player-words">
          <span class="player-name">{player.name}</span>
          {known.texts.length > 0 && <span class={`player-note ${known.tone}`}>{known.texts.join(' · ')}</span>}
          {!player.alive && player.will !== null && player.will !== '' && <span class="player-note will">“{player.will}”</span>}
        </span>
        {spoken !== '' && <span class="visually-hidden">{spoken}</span>}
        <span class="player-marks" aria-hidden="true">
          {pickers.length > 0 && <span class="mark of-mafia"><Icon name="mafia" />{pickers.length}</span>}
          {voters.length > 0 && (
            <span class="voters" data-testid={`votes-${player.name}`}>
              {voters.slice(0, votersShownMax).map((vote) => <Face key={vote.by} id={vote.by} small />)}<strong>{voters.length}</strong>
            </span>
          )}
          {(view.phase === 'ended' || !player.alive) && player.character !== null && <span class={`mark of-${player.character}`}><Icon name={player.character} /></span>}
          {!player.alive && view.phase !== 'ended' && player.character === null && <span class="mark"><Icon name="dead" /></span>}
          {isChosen && <span class="mark tick"><Icon name="check" /></span>}
        </span>
      </button>
    </li>
  );
}
