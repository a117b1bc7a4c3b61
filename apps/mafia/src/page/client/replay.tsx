import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ReplayStep, Verification } from '../../game/check/index.ts';
import { Face } from './face.tsx';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import { eventText, nameOf, nightText } from './words.ts';
import type { Names } from './words.ts';

function titleOf({ entry }: ReplayStep): string {
  switch (entry.kind) {
    case 'night': return words.phases.night(entry.round);
    case 'ballot': return words.replay.ballot(entry.round, entry.ballot);
    case 'extended': case 'revealed': case 'stopped': return words.replay.meanwhile(entry.events[0]?.round ?? 0);
    case 'sealed': case 'dealt': return words.replay.deal;
    default: return entry satisfies never;
  }
}

/** What was done in a step, secret or not, and what came of it. */
function linesOf({ entry }: ReplayStep, names: Names): readonly string[] {
  const { replay } = words;
  const name = (id: string | null): string => nameOf(names, id);
  const events = 'events' in entry ? entry.events.map((event) => eventText(names, event)) : [];
  switch (entry.kind) {
    case 'night': return [
      nightText(names, entry.night),
      ...entry.night.picks.filter(({ target }) => target !== null).map(({ by, target }) => replay.wanted(name(by), name(target))),
      ...entry.night.investigations.map(({ by, target, isGuilty }) => replay.found(name(by), name(target), isGuilty)),
      ...entry.night.tracks.map(({ by, target, visited }) => replay.saw(name(by), `${name(target)} → ${visited.map(name).join(', ') || replay.nobody}`)),
      ...entry.night.watches.map(({ by, target, visitors }) => replay.saw(name(by), `${visitors.map(name).join(', ') || replay.nobody} → ${name(target)}`)),
      ...events,
    ];
    case 'ballot': return [...entry.votes.map(({ by, target }) => replay.votedFor(name(by), name(target))), ...(entry.judgements ?? []).map(({ by, verdict }) => replay.judged[verdict](name(by))), ...events];
    case 'sealed': case 'dealt': case 'extended': case 'revealed': case 'stopped': return events;
    default: return entry satisfies never;
  }
}

/** Every night and day with all open, under a slider. */
export function Timeline({ steps, names }: { readonly steps: readonly ReplayStep[]; readonly names: Names }): JSX.Element | null {
  const [place, setPlace] = useState(0);
  const step = steps[place];
  if (step === undefined) return null;
  const { replay, characters } = words;
  const title = titleOf(step);
  return (
    <section class="replay" aria-label={replay.title}>
      <h3 aria-live="polite" data-testid="replay-step"><Icon name={step.entry.kind === 'night' ? 'moon' : 'sun'} /> {title}</h3>
      <div class="replay-slider">
        <button type="button" aria-label={replay.before} disabled={place === 0} data-testid="replay-before" onClick={() => setPlace(place - 1)}>‹</button>
        <input type="range" min={0} max={steps.length - 1} value={place} aria-label={replay.step} aria-valuetext={title} data-testid="replay-slider" onInput={(event) => setPlace(Number(event.currentTarget.value))} />
        <button type="button" aria-label={replay.after} disabled={place === steps.length - 1} data-testid="replay-after" onClick={() => setPlace(place + 1)}>›</button>
      </div>
      <ul class="replay-players">
        {step.players.map((player) => (
          <li key={player.id} class={`of-${player.character} ${player.died === null ? '' : 'gone'}`}>
            <Face id={player.id} isDead={player.died !== null} /><span>{player.name}{player.died !== null && <span class="visually-hidden"> ({words.notes.dead})</span>}</span><small>{characters[player.character]}</small>
          </li>
        ))}
      </ul>
      <ul class="replay-lines" data-testid="replay-lines">{linesOf(step, names).map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}

/** Whether it was fair, and what that says. */
export function Fairness({ verification, names, byHand }: { readonly verification: Verification; readonly names: Names; readonly byHand: string | null }): JSX.Element {
  const { fair } = words;
  const said = (ids: readonly string[]): string => ids.map((id) => nameOf(names, id)).join(', ');
  return (
    <section class={`fairness ${verification.verified ? 'good' : 'bad'}`} aria-label={fair.title} data-testid="fairness" data-verified={verification.verified}>
      <h3><Icon name={verification.verified ? 'check' : 'eye'} /> {verification.verified ? fair.yes : fair.no}</h3>
      {verification.verified
        ? <p>{[fair.yesHow(verification.entries), fair.heads(verification.headsFound), ...(verification.isMineInDeal === true ? [fair.mine] : []), fair.contributors(said(verification.contributors)), ...(verification.leftOut.length > 0 ? [fair.leftOut(said(verification.leftOut))] : [])].join(' ')}</p>
        : <p>{fair.where(verification.entry, verification.message)}</p>}
      <p><small>{fair.not}</small></p>
      {byHand !== null && <details data-testid="by-hand"><summary>{fair.byHand}</summary><code>{byHand}</code></details>}
    </section>
  );
}
