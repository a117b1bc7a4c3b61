import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askForRecord, replayRecord, verifyRecord } from '../../game/check/index.ts';
import type { ReplayStep, Verification } from '../../game/check/index.ts';
import type { Contribution, MafiaView } from '../../index.ts';
import { Dialog } from './dialog.tsx';
import { Face } from './face.tsx';
import { contributedTo, headsOf } from './fair-deal.ts';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';
import type { DialogProperties } from './later-dialog.tsx';
import { eventText, nameOf, nightText } from './words.ts';

type Loaded = { readonly steps: readonly ReplayStep[]; readonly verification: Verification } | 'none' | null;

/** A game that is over, every night and day with all open, under a slider; and whether it was fair. */
export function ReplayDialog({ note, view, worker, onClose }: DialogProperties): JSX.Element {
  const [loaded, setLoaded] = useState<Loaded>(null);
  const { game } = view;
  useEffect(() => {
    let isWanted = true;
    askForRecord(worker, game).then((asked) => {
      if (isWanted) setLoaded(asked.found ? { steps: replayRecord(asked.record).steps, verification: verifyRecord(asked.record, headsOf(note.mesh.mesh, game), contributedTo(note.mesh.mesh, game, worker.agent)) } : 'none');
    }, () => { if (isWanted) setLoaded('none'); });
    return () => { isWanted = false; };
  }, [worker, game]);
  return (
    <Dialog title={words.replay.title} close={words.replay.close} testId="replay-dialog" onClose={onClose}>
      {loaded === null && <p role="status">{words.replay.loading}</p>}
      {loaded === 'none' && <p role="alert">{words.fair.none}</p>}
      {loaded !== null && loaded !== 'none' && <><Timeline steps={loaded.steps} view={view} /><Fairness verification={loaded.verification} view={view} byHand={byHand(loaded.verification, contributedTo(note.mesh.mesh, game, worker.agent))} /></>}
    </Dialog>
  );
}

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
function linesOf({ entry }: ReplayStep, view: MafiaView): readonly string[] {
  const { replay } = words;
  const name = (id: string | null): string => nameOf(view, id);
  const events = 'events' in entry ? entry.events.map((event) => eventText(view, event)) : [];
  switch (entry.kind) {
    case 'night': return [
      nightText(view, entry.night),
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

function Timeline({ steps, view }: { readonly steps: readonly ReplayStep[]; readonly view: MafiaView }): JSX.Element | null {
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
      <ul class="replay-lines" data-testid="replay-lines">{linesOf(step, view).map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}

/** How to check the same without this page: by the last head that it found, and what it contributed. */
function byHand(verification: Verification, mine: Contribution | null): string | null {
  if (!verification.verified) return null;
  return ['mesh game verify', `--head ${verification.entries}:${verification.head}`, ...(mine === null ? [] : [`--contribution ${mine.by}:${mine.nonce}`])].join(' ');
}

function Fairness({ verification, view, byHand }: { readonly verification: Verification; readonly view: MafiaView; readonly byHand: string | null }): JSX.Element {
  const { fair } = words;
  const names = (ids: readonly string[]): string => ids.map((id) => nameOf(view, id)).join(', ');
  return (
    <section class={`fairness ${verification.verified ? 'good' : 'bad'}`} aria-label={fair.title} data-testid="fairness" data-verified={verification.verified}>
      <h3><Icon name={verification.verified ? 'check' : 'eye'} /> {verification.verified ? fair.yes : fair.no}</h3>
      {verification.verified
        ? <p>{[fair.yesHow(verification.entries), fair.heads(verification.headsFound), ...(verification.isMineInDeal === true ? [fair.mine] : []), fair.contributors(names(verification.contributors)), ...(verification.leftOut.length > 0 ? [fair.leftOut(names(verification.leftOut))] : [])].join(' ')}</p>
        : <p>{fair.where(verification.entry, verification.message)}</p>}
      <p><small>{fair.not}</small></p>
      {byHand !== null && <details data-testid="by-hand"><summary>{fair.byHand}</summary><code>{byHand}</code></details>}
    </section>
  );
}
