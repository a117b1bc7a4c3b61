/**
 * Thrown when the state machine can no longer be trusted to equal its replicas: a broken invariant, an entry that
 * skips an index, exhausted stack or memory. Its manager must stop; what it holds is rebuilt from a snapshot and the log.
 */
export class StateMachineFault extends Error {
  override readonly name = 'StateMachineFault';
}

/** Stays on in production: a state machine that guesses is worse than one that stops. */
export function assert(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new StateMachineFault(message());
}

/**
 * Whether what was thrown tells of an exhausted stack or memory. Where that strikes differs from replica to replica, so it
 * can never be a refusal. Engines say both by `RangeError` (Firefox: `InternalError`), so every one of these counts.
 */
export function isExhaustion(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('name' in thrown)) return false;
  return thrown.name === 'RangeError' || thrown.name === 'InternalError' || thrown.name === 'StateMachineFault';
}
