import type { ProtocolError } from '@raft-mesh/protocol';

/** The mesh will not have this worker; trying again with the same credentials will not help. `error.next` says what may. */
export class ConnectError extends Error {
  readonly error: ProtocolError;

  constructor(error: ProtocolError) {
    super(`${error.message} ${error.next}`);
    this.name = 'ConnectError';
    this.error = error;
  }
}
