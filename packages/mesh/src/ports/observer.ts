import type { Effect, Input, NodeId } from '@raft-mesh/raft';

/**
 * Is told what a manager does as it does it: for metrics and traces. Decides nothing and must not throw; what it costs, every command pays. Nothing
 * is copied for it: what it is given may not be kept beyond the call, but for records, which never change.
 */
export interface Observer {
  /** One step of the Raft core; `nowMs` is driver time. */
  stepped(nowMs: number, input: Input, effects: readonly Effect[]): void;
  /** The state machine has taken the entry at this index. */
  applied(index: number): void;
  /** A worker linked here sent a command: this is its record, on its way into the log. */
  commandTaken(record: Uint8Array): void;
  /** A manager that is not the leader sent a worker's record here. */
  commandForwarded(from: NodeId, record: Uint8Array): void;
  /** The command is answered: `null` with its outcome, otherwise with the code of why its worker must send it again. */
  commandAnswered(agent: string, session: string, sequence: number, retryCode: string | null): void;
  /** A query, or a link, was not taken: why. */
  refused(what: 'query' | 'link', code: string): void;
  /** A worker beat; `roundTripMs` is how long its last beat took to be answered, as the worker says, `null` for none yet. */
  heartbeat(roundTripMs: number | null): void;
}

/** Tells several. `null` for none, so that nothing is spent on telling nobody. */
export function observedBy(observers: readonly Observer[]): Observer | null {
  const [first, ...others] = observers;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  return {
    stepped(nowMs, input, effects) { for (const observer of observers) observer.stepped(nowMs, input, effects); },
    applied(index) { for (const observer of observers) observer.applied(index); },
    commandTaken(record) { for (const observer of observers) observer.commandTaken(record); },
    commandForwarded(from, record) { for (const observer of observers) observer.commandForwarded(from, record); },
    commandAnswered(agent, session, sequence, retryCode) { for (const observer of observers) observer.commandAnswered(agent, session, sequence, retryCode); },
    refused(what, code) { for (const observer of observers) observer.refused(what, code); },
    heartbeat(roundTripMs) { for (const observer of observers) observer.heartbeat(roundTripMs); },
  };
}
