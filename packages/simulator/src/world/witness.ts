import type { WireMessage } from '@raft-mesh/protocol';
import type { Input } from '@raft-mesh/raft';
import type { Checker } from '../checkers/checker.ts';
import { Violation } from '../checkers/checker.ts';
import type { Observation, Observed } from '../checkers/observation.ts';
import type { RunResult } from '../run/run-result.ts';
import type { FaultKind } from '../faults/fault.ts';
import { TraceHash } from './trace-hash.ts';

type Failure = NonNullable<RunResult['failure']>;

/** Sees everything that happens in a run: hands it to the checkers, hashes it, counts faults, and keeps the first failure. */
export class Witness {
  readonly #checkers: readonly Checker[];
  readonly #interested = new Map<Observation['kind'], readonly Checker[]>();
  readonly #hash = new TraceHash();
  readonly #faults = new Map<FaultKind, number>();
  readonly #nowMs: () => number;
  #observed: Observed | null = null;
  #failure: Failure | null = null;

  constructor(checkers: readonly Checker[], nowMs: () => number) {
    this.#checkers = checkers;
    this.#nowMs = nowMs;
  }

  /** What the checkers may look at besides. */
  observes(observed: Observed): void {
    this.#observed = observed;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get traceHash(): string {
    return this.#hash.digest;
  }

  get faults(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries([...this.#faults].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  happened(kind: FaultKind): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    this.#hash.text(kind);
  }

  delivered(to: string, message: WireMessage, sizeBytes: number): void {
    const hash = this.#hash;
    hash.time(this.#nowMs());
    hash.text(to);
    hash.text(message.type);
    hash.number(sizeBytes);
  }

  /** Never throws: what a checker says ends the run, not the manager that was watched. */
  saw(observation: Observation): void {
    const observed = this.#observed;
    if (this.#failure !== null || observed === null) return;
    this.#take(observation);
    try {
      for (const checker of this.#interestedIn(observation.kind)) checker.observe(observation, observed);
    } catch (error) {
      this.broke(error);
    }
  }

  #interestedIn(kind: Observation['kind']): readonly Checker[] {
    let interested = this.#interested.get(kind);
    if (interested === undefined) {
      interested = this.#checkers.filter(({ kinds }) => kinds === undefined || kinds.includes(kind));
      this.#interested.set(kind, interested);
    }
    return interested;
  }

  /** The run has failed: by a violation, or by an error that nobody expected. */
  broke(error: unknown): void {
    if (this.#failure !== null) return;
    const isViolation = error instanceof Violation;
    const message = error instanceof Error ? (isViolation ? error.message : (error.stack ?? error.message)) : String(error);
    this.#failure = { promise: isViolation ? error.promise : 'nothingUncaught', message, atMs: this.#nowMs() };
  }

  // What a step comes to is seen in what is sent, written and applied: it need not be hashed twice.
  #take(observation: Observation): void {
    const hash = this.#hash;
    hash.time(this.#nowMs());
    hash.text(observation.kind);
    hash.text(observation.node);
    switch (observation.kind) {
      case 'stepped': {
        const { input, effects } = observation.step;
        hash.text(input.type);
        hash.number(numberOf(input));
        hash.number(effects.length);
        return;
      }
      case 'applied': {
        const { entry } = observation.step;
        hash.number(entry.index);
        hash.number(entry.term);
        return;
      }
      case 'sent':
        hash.text(observation.to);
        hash.text(observation.message.type);
        hash.number(observation.message.term);
        return;
      case 'restored': hash.number(observation.index); return;
      case 'written':
        hash.number(observation.write.entries.length);
        hash.number(observation.write.entries.at(-1)?.index ?? 0);
        hash.number(observation.write.hardState?.term ?? 0);
        return;
      case 'snapshotInstalled': hash.number(observation.snapshot.lastIndex); return;
      case 'started': hash.number(observation.persisted.hardState.term); return;
      case 'crashed': case 'retired': case 'stopped': return;
      default: observation satisfies never;
    }
  }
}

/** What tells one input from another of its kind. */
function numberOf(input: Input): number {
  switch (input.type) {
    case 'message': return input.message.term;
    case 'written': case 'writeFailed': return input.writeId;
    case 'applied': return input.index;
    case 'propose': return input.commands.length;
    case 'read': return input.readId;
    default: return 0;
  }
}
