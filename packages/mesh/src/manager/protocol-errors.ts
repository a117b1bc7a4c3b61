import type { ProtocolError, ProtocolErrorCode } from '@raft-mesh/protocol';
import type { LogIndex } from '@raft-mesh/raft';

/** Shorthand for an error with what to do next. */
export function protocolError(code: ProtocolErrorCode, message: string, next: string): ProtocolError {
  return { code, message, next };
}

export const stopping = protocolError('stopping', 'this manager is stopping', 'go on with another manager');
export const notAuthenticated = protocolError('notAuthenticated', 'this link has not been welcomed yet', 'send hello first and wait for welcome');
export const messageNotAllowed = protocolError('messageNotAllowed', 'this link may not send such a message', 'send only what a worker may send');
export const tooManyLinks = protocolError('overloaded', 'this manager has as many links as it takes', 'go on with another manager, or try again later');
/** To a manager that the committed configuration as of this index does not have. */
export function notInConfiguration(configurationIndex: LogIndex): ProtocolError {
  return { ...protocolError('credentialRevoked', `this manager is not in the configuration of the mesh as of entry ${configurationIndex}`, 'let it join: mesh manager join'), configurationIndex };
}
/** To workers of a manager that was taken out of the mesh. */
export const leaving = protocolError('stopping', 'this manager has left the mesh', 'go on with another manager');
