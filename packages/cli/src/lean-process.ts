import { setFlagsFromString } from 'node:v8';

/** A process that holds thousands of managers, nearly all at rest: little room for what is young, and memory before speed. */
const leanFlags = ['--max-semi-space-size=1', '--optimize-for-size'];

/** Tells V8 what `mesh host start` needs (docs/hosts.md). V8 sizes its heap as it goes, so this holds when it comes before anything else is loaded. */
export function settleMemory([noun, verb]: readonly string[]): void {
  if (noun !== 'host' || verb !== 'start') return;
  for (const flag of leanFlags) setFlagsFromString(flag);
}
