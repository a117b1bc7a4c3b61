import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import type { Observation } from './observation.ts';

/** No manager stops by itself, unless a fault of its disk explains it: a broken invariant of its own is a bug. */
export class NoUnexpectedStop implements Checker {
  readonly name = 'noUnexpectedStop';
  readonly kinds = ['stopped'] as const;

  observe(observation: Observation): void {
    if (observation.kind === 'stopped' && !observation.expected) throw new Violation(this.name, `${observation.node} stopped by itself: ${observation.reason}`);
  }
}
