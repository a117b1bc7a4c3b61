import type { JsonValue } from '@raft-mesh/state-machine';
import type { HistoryOperation } from '../checkers/history.ts';
import { Violation } from '../checkers/checker.ts';

type Begun = { -readonly [Field in keyof HistoryOperation]: HistoryOperation[Field] };

/** An operation that has begun. End it once, or never: what never ends is `unknown`, and may take effect at any later time. */
export interface OpenOperation {
  readonly op: HistoryOperation['op'];
  readonly key: string;
  readonly in: JsonValue;
  /** Certain: it took effect with this answer. */
  ok(out: JsonValue): void;
  /** Certain: it had no effect. */
  refused(): void;
  /** It had no effect and says nothing, as a read that was not answered. */
  forget(): void;
}

/**
 * Writes down what the clients of a run did and saw, in the format that the linearizability checker judges. Answers are `{ version, value }`
 * for `get` and `{ version }` for the others, where version 0 stands for a document that is not there; a failed compare-and-set is `{ conflict: true }`.
 * No two moments are equal: what happens within one ms of simulated time is told apart by its order.
 */
export class HistoryRecorder {
  readonly #nowMs: () => number;
  readonly #operations: Begun[] = [];
  readonly #forgotten = new Set<Begun>();
  /** Every value that any client has set out to write. */
  readonly #offered = new Set<JsonValue>();
  /** A version is a log index, so over all keys it means one value. */
  readonly #valueOfVersion = new Map<number, JsonValue>();
  #lastNs = -1;
  #ended = 0;

  /** `nowMs` is the true time of the simulation, in ms. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many operations were answered, for good or ill: those that ended as `ok` or `refused`, and what is no part of the history. */
  get ended(): number {
    return this.#ended;
  }

  /** What was done so far, in the order in which it began; for a checker to read, not to keep while the run goes on. */
  get operations(): readonly HistoryOperation[] {
    return this.#forgotten.size === 0 ? this.#operations : this.#operations.filter((operation) => !this.#forgotten.has(operation));
  }

  /** Something was answered that is no part of the history, as a stale read. */
  answeredAside(): void {
    this.#ended += 1;
  }

  begin(client: string, op: HistoryOperation['op'], key: string, asked: JsonValue, offered: JsonValue = null): OpenOperation {
    const operation: Begun = { client, op, key, in: asked, out: null, start: this.#momentNs(), end: null, outcome: 'unknown' };
    this.#operations.push(operation);
    if (offered !== null) this.#offered.add(offered);
    const end = (outcome: 'ok' | 'refused', out: JsonValue): void => {
      if (operation.end !== null) throw new Error(`The operation ${op} ${key} of ${client} has ended before.`);
      operation.outcome = outcome;
      operation.out = out;
      operation.end = this.#momentNs();
      this.#ended += 1;
    };
    return {
      op, key, in: asked,
      ok: (out) => end('ok', out),
      refused: () => end('refused', null),
      forget: () => { this.#forgotten.add(operation); },
    };
  }

  /**
   * Checks a document that somebody saw, however stale: it was written by someone, and every other time that this version was seen it
   * was the same. Throws a `Violation`.
   */
  saw(key: string, version: number, value: JsonValue): void {
    const before = this.#valueOfVersion.get(version);
    if (before === undefined) {
      if (!this.#offered.has(value)) throw new Violation('readsWhatWasWritten', `${key} has the value ${JSON.stringify(value)} in version ${version}, which nobody wrote.`);
      this.#valueOfVersion.set(version, value);
    } else if (before !== value) {
      throw new Violation('versionMeansOneValue', `${key} has the value ${JSON.stringify(value)} in version ${version}, which was ${JSON.stringify(before)} before.`);
    }
  }

  #momentNs(): number {
    this.#lastNs = Math.max(this.#lastNs + 1, Math.round(this.#nowMs() * 1e6));
    return this.#lastNs;
  }
}
