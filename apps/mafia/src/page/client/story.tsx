import type { JSX } from 'preact';
import type { MafiaView } from '../../index.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { eventText, learnedText, nameOf, nightText } from './words.ts';

interface Item {
  readonly key: string;
  readonly icon: IconName;
  readonly text: string;
  readonly isPrivate: boolean;
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
    if (day.votes.length > 0) inRound(day.round).day.push({ key: `d${day.round}`, icon: 'hand', text: day.votes.map((vote) => `${nameOf(view, vote.by)} → ${nameOf(view, vote.target)}`).join(', '), isPrivate: false });
  }
  for (const event of view.events) {
    const item: Item = { key: `e${event.number}`, icon: event.kind === 'killed' || event.kind === 'condemned' || event.kind === 'takenAlong' ? 'dead' : event.kind === 'quietNight' ? 'moon' : event.kind === 'nobodyCondemned' ? 'hand' : 'story', text: eventText(view, event), isPrivate: false };
    const items = inRound(event.round);
    (event.kind === 'killed' || event.kind === 'quietNight' || event.kind === 'started' ? items.night : items.day).push(item);
  }
  for (const [place, { round, icon, text }] of learnedText(view).entries()) inRound(round).night.push({ key: `l${place}`, icon, text, isPrivate: true });
  for (const night of view.nights ?? []) inRound(night.round).night.push({ key: `n${night.round}`, icon: 'moon', text: nightText(view, night), isPrivate: false });
  return [...rounds].sort(([a], [b]) => b - a).map(([round, { night, day }]) => ({ round, items: [...night, ...day] }));
}

/** The story so far, newest round first. */
export function Story({ view }: { readonly view: MafiaView }): JSX.Element {
  const rounds = itemsOf(view);
  return (
    <section class="panel story" aria-label="Story">
      <header class="panel-head"><h2>Story</h2></header>
      <div class="rounds" data-testid="events" tabIndex={0}>
        {rounds.length === 0 && <p class="empty">The story has not begun.</p>}
        {rounds.map(({ round, items }) => (
          <section key={round}>
            <h3>Round {round}</h3>
            <ul>{items.map((item) => <li key={item.key} class={item.isPrivate ? 'private' : ''}><Icon name={item.icon} /><span>{item.text}{item.isPrivate && <em> Only you know.</em>}</span></li>)}</ul>
          </section>
        ))}
      </div>
    </section>
  );
}
