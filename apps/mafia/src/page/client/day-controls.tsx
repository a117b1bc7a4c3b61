import type { JSX } from 'preact';
import type { MafiaView } from '../../index.ts';
import { words } from './languages/index.ts';
import { ballotOf, momentOf } from './send-command.ts';
import type { Arguments } from './send-command.ts';

/** What the living may do by day besides voting: abstain, be ready, ask for time, reveal themselves. */
export function DayControls({ view, onSend }: { readonly view: MafiaView; readonly onSend: (command: string, args: Arguments) => void }): JSX.Element | null {
  const { you, ballot } = view;
  if (you === null || !you.alive || ballot === null) return null;
  const moment = { ...momentOf(view) };
  const isReady = ballot.ready.includes(you.id);
  const isExtending = ballot.extending.includes(you.id);
  const judged = ballot.trial?.judgements.find((judgement) => judgement.by === you.id)?.verdict === 'abstain';
  return (
    <div class="day-controls" role="group" aria-label={words.day.group}>
      {ballot.trial === null && <button type="button" aria-pressed={ballot.abstained.includes(you.id)} data-testid="abstain-button" onClick={() => onSend('abstain', { ...ballotOf(view) })}>{words.day.abstain}</button>}
      {ballot.trial !== null && ballot.trial.accused !== you.id && <button type="button" aria-pressed={judged} data-testid="judge-abstain" onClick={() => onSend('judge', { ...ballotOf(view), verdict: 'abstain' })}>{words.day.abstain}</button>}
      <button type="button" aria-pressed={isReady} data-testid="ready-button" onClick={() => onSend('ready', moment)}>{words.day.ready(ballot.ready.length)}</button>
      {ballot.extensionsLeft > 0 && <button type="button" aria-pressed={isExtending} data-testid="extend-button" onClick={() => onSend('extend', moment)}>{words.day.extend(ballot.extending.length)}</button>}
      {you.canReveal && <button type="button" data-testid="reveal-button" onClick={() => onSend('reveal', moment)}>{words.day.reveal}</button>}
    </div>
  );
}
