import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MafiaView } from '../../index.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { words } from './languages/index.ts';
import { eventText, learnedText, nameOf, nightText } from './words.ts';

const filters = ['all', 'deaths', 'votes', 'mine'] as const;
type Filter = (typeof filters)[number];

interface Item {
  readonly key: string;
  readonly icon: IconName;
  readonly text: string;
  readonly kind: Exclude<Filter, 'all'> | 'other';
}

/** What happened, and what only this viewer learned, in the order in which it happened. */
function itemsOf(view: MafiaView): readonly { readonly round: number; readonly items: readonly Item[] }[] {
  const rounds = new Map<number, { readonly night: Item[]; readonly day: Item[] }>();
  const inRound = (round: number): { readonly night: Item[]; readonly day: Item[] } => {
    const items = rounds.get(round) ?? { night: [], day: [] };
    rounds.set(round, items);
    return items;
  };
  for (const day of view.days) {
    if (day.votes.length > 0) inRound(day.round).day.push({ key: `d${day.round}`, icon: 'hand', text: day.votes.map((vote) => `${nameOf(view, vote.by)} → ${nameOf(view, vote.target)}`).join(', '), kind: 'votes' });
  }
  for (const event of view.events) {
    const isDeath = event.kind === 'killed' || event.kind === 'condemned' || event.kind === 'takenAlong';
    const isVote = event.kind === 'nobodyCondemned' || event.kind === 'revote' || event.kind === 'accused' || event.kind === 'acquitted';
    const item: Item = { key: `e${event.number}`, icon: isDeath ? 'dead' : isVote ? 'hand' : event.kind === 'quietNight' ? 'moon' : 'story', text: eventText(view, event), kind: isDeath ? 'deaths' : isVote ? 'votes' : 'other' };
    const items = inRound(event.round);
    (event.kind === 'killed' || event.kind === 'quietNight' || event.kind === 'started' ? items.night : items.day).push(item);
  }
  for (const [place, { round, icon, text }] of learnedText(view).entries()) inRound(round).night.push({ key: `l${place}`, icon, text, kind: 'mine' });
  for (const night of view.nights ?? []) inRound(night.round).night.push({ key: `n${night.round}`, icon: 'moon', text: nightText(view, night), kind: 'other' });
  return [...rounds].sort(([a], [b]) => b - a).map(([round, { night, day }]) => ({ round, items: [...night, ...day] }));
}

/** The story so far, newest round first. */
export function Story({ view }: { readonly view: MafiaView }): JSX.Element {
  const [filter, setFilter] = useState<Filter>('all');
  const { story } = words;
  const rounds = itemsOf(view).map(({ round, items }) => ({ round, items: items.filter((item) => filter === 'all' || item.kind === filter) })).filter(({ items }) => items.length > 0);
  return (
    <section class="panel story" aria-label={story.title}>
      <header class="panel-head">
        <h2>{story.title}</h2>
        <div class="segments" role="group" aria-label={story.filters}>
          {filters.map((each) => <button key={each} type="button" aria-pressed={filter === each} data-testid={`filter-${each}`} onClick={() => setFilter(each)}>{story[each]}</button>)}
        </div>
      </header>
      <div class="rounds" data-testid="events" tabIndex={0} role="group" aria-label={story.title}>
        {rounds.length === 0 && <p class="empty">{filter === 'all' ? story.empty : story.none}</p>}
        {rounds.map(({ round, items }) => (
          <section key={round}>
            <h3>{story.round(round)}</h3>
            <ul>{items.map((item) => <li key={item.key} class={item.kind === 'mine' ? 'private' : ''}><Icon name={item.icon} /><span>{item.text}{item.kind === 'mine' && <em> {words.learned.onlyYou}</em>}</span></li>)}</ul>
          </section>
        ))}
      </div>
    </section>
  );
}
