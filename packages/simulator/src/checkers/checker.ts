import type { Observation, Observed } from './observation.ts';

/** A promise was broken. Ends the run, which prints its seed. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** The name of the checker. */
  readonly promise: string;

  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}

/** Watches one promise. Knows nothing of the faults that are going on. */
export interface Checker {
  /** In lower camel case, as it appears in reports and in the table of mutants. */
  readonly name: string;
  /** Observations of these kinds are all it needs; without this it is given every one. Those who share a mirror of the cluster leave no kind to nobody. */
  readonly kinds?: readonly Observation['kind'][];
  /** Throws a `Violation`. Called for every observation, so it must do little for most of them. */
  observe(observation: Observation, observed: Observed): void;
}
