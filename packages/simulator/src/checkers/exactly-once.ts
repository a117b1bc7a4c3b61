import type { AppliedStep } from '@raft-mesh/mesh';
import type { CommandRecord, JsonValue, Outcome } from '@raft-mesh/state-machine';
import { isSameJson, unrecordedRefusalCodes } from '@raft-mesh/state-machine';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { Observation } from './observation.ts';

interface Session { lastSequence: number; readonly outcomes: Map<number, Outcome> }

const leavesNoTrace = new Set(unrecordedRefusalCodes);

/** A command of a session takes effect at one index, after the one before it; sent again, it gets the same answer and changes nothing. */
export class ExactlyOnce implements Checker {
  readonly name = 'exactlyOnce';
  readonly kinds = ['applied'] as const;
  readonly #mirror: ClusterMirror;
  readonly #sessions = new Map<string, Session>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    this.#mirror.follow(observation);
    if (observation.kind !== 'applied') return;
    const { record, result: { outcome } } = observation.step;
    if (record === null || record.kind !== 'command' || outcome === null) return;
    if (outcome.status === 'refused' && leavesNoTrace.has(outcome.refusal.code)) return;
    this.#check(observation.node, observation.step, record, outcome);
  }

  #check(node: string, { entry }: AppliedStep, record: CommandRecord, outcome: Outcome): void {
    const { sequence } = record;
    const session = this.#sessionOf(record);
    const first = session.outcomes.get(sequence);
    if (first === undefined) {
      const { baseIndex } = this.#mirror.committed;
      const isKnownFromBefore = outcome.index <= baseIndex;
      if (outcome.index !== entry.index && !isKnownFromBefore) this.#fail(node, record, `is answered at ${entry.index} as if it took effect at ${outcome.index}, where it did not`);
      const follows = sequence === session.lastSequence + 1 || (session.lastSequence === 0 && baseIndex > 0);
      if (!follows && !isKnownFromBefore) this.#fail(node, record, `takes effect at ${entry.index} after sequence ${session.lastSequence}`);
      session.lastSequence = Math.max(session.lastSequence, sequence);
      session.outcomes.set(sequence, outcome);
      return;
    }
    if (outcome.index !== first.index) this.#fail(node, record, `takes effect at ${outcome.index}, and took effect at ${first.index} before`);
    if (entry.index !== first.index && !isSameOutcome(outcome, first)) this.#fail(node, record, `has another answer at ${entry.index} than the first time, at ${first.index}`);
  }

  #sessionOf({ agent, session: id }: CommandRecord): Session {
    const key = `${agent}/${id}`;
    let session = this.#sessions.get(key);
    if (session === undefined) this.#sessions.set(key, session = { lastSequence: 0, outcomes: new Map() });
    return session;
  }

  #fail(node: string, { agent, session, sequence }: CommandRecord, what: string): never {
    throw new Violation(this.name, `on ${node} sequence ${sequence} of session ${session} of ${agent} ${what}`);
  }
}

function isSameOutcome(left: Outcome, right: Outcome): boolean {
  return isSameJson(left as unknown as JsonValue, right as unknown as JsonValue);
}
