/** Thrown when something that must always hold does not. `RaftNode.step` turns it into a `stopped` effect. */
export class InvariantFailure extends Error {
  override readonly name = 'InvariantFailure';
}

/** Stays on in production: a node that no longer understands its own state must stop, not guess. */
export function assert(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new InvariantFailure(message());
}

/** Makes a `switch` that forgets a case fail to compile. */
export function unreachable(value: never): never {
  throw new InvariantFailure(`a case is missing for ${JSON.stringify(value)}`);
}
