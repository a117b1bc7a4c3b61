import { HashRandom } from '@raft-mesh/state-machine';
import type { StepContext } from '@raft-mesh/state-machine';
import { presentSoFar } from '../day/presence.ts';
import { recordBytesMax } from '../limits.ts';
import type { Day, Ended, Night, PublicEvent, Running } from '../state.ts';
import { headAfter } from './hashes.ts';
import type { Proof, RecordedStep } from './record.ts';

/** The record with one step more. Where it would grow too long it is cut, and only the chain goes on. */
export function withStep(proof: Proof, atMs: number, step: RecordedStep): Proof {
  const number = proof.count + 1;
  const { head, bytes } = headAfter(proof.head, proof.secret, number, atMs, step);
  const isCut = proof.isCut || proof.bytes + bytes > recordBytesMax;
  return { ...proof, head, count: number, isCut, ...(isCut ? {} : { bytes: proof.bytes + bytes, entries: [...proof.entries, { ...step, number, atMs, head }] }) };
}

/** The context of a phase's end, with chance that comes from the secret and the contributions; the mesh's own where no record is kept. */
export function withFairDraws(state: Running, ctx: StepContext): StepContext {
  if (state.proof === null) return ctx;
  const label = state.phase === 'night' ? `night ${state.round}` : `day ${state.round} ${state.ballot}`;
  return { logTimeMs: ctx.logTimeMs, index: ctx.index, random: new HashRandom(state.proof.seed, label), emit: (event, audience) => { ctx.emit(event, audience); } };
}

function eventsSince({ events }: Running, after: Running | Ended): readonly PublicEvent[] {
  const last = events.at(-1)?.number ?? 0;
  return after.events.filter((event) => event.number > last);
}

const nightStep = (before: Night, after: Running | Ended): RecordedStep | null => {
  const night = after.nights.at(-1);
  return night === undefined ? null : { kind: 'night', round: before.round, choices: before.choices, night, events: eventsSince(before, after) };
};

function ballotStep(before: Day, after: Running | Ended, endedBy: 'majority' | 'time'): RecordedStep {
  const day = after.days === before.days ? null : after.days.at(-1) ?? null;
  const { round, ballot, deadlineMs, votes, abstained, trial } = before;
  return { kind: 'ballot', round, ballot, endedBy, deadlineMs, votes, abstained, judgements: trial?.judgements ?? null, present: presentSoFar(before), day, events: eventsSince(before, after) };
}

/** What kind of step led from one state to the next. */
export type Step = { readonly kind: 'phaseEnded'; readonly by: 'majority' | 'time' } | { readonly kind: 'extended' } | { readonly kind: 'revealed' | 'stopped'; readonly by: RecordedBy };
type RecordedBy = Extract<RecordedStep, { kind: 'stopped' }>['by'];

function stepBetween(before: Running, after: Running | Ended, step: Step): RecordedStep | null {
  switch (step.kind) {
    case 'phaseEnded': return before.phase === 'night' ? nightStep(before, after) : ballotStep(before, after, step.by);
    case 'extended': return before.phase === 'day' && after.phase === 'day' ? { kind: 'extended', by: before.extending, deadlineMs: after.deadlineMs, events: eventsSince(before, after) } : null;
    case 'revealed': case 'stopped': return { kind: step.kind, by: step.by, events: eventsSince(before, after) };
    default: return step satisfies never;
  }
}

/** Puts a step that all may know of into the record. What is done in between, and may be secret, is in the record of the phase that it was done in. */
export function recorded<After extends Running | Ended>(before: Running, after: After, atMs: number, how: Step): After {
  if (before.proof === null) return after;
  const step = stepBetween(before, after, how);
  return step === null ? after : { ...after, proof: withStep(before.proof, atMs, step) };
}
