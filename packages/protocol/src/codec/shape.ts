import type { Fault } from './fault.ts';

/**
 * One schema, compiled: how a value of it becomes a MessagePack tuple or plain JSON and back. Coming back, every value
 * is checked, and what is not described by the schema is left out.
 */
export interface Shape {
  /** The wire form in words. Also what the pinned hash of the protocol is made of, so a change here is a change of version. */
  readonly description: string;
  // `from…` answer `invalid` (fault.ts) when the schema does not fit.
  readonly toTuple: (value: unknown) => unknown;
  readonly fromTuple: (raw: unknown, fault: Fault) => unknown;
  readonly toJson: (value: unknown) => unknown;
  readonly fromJson: (raw: unknown, fault: Fault) => unknown;
}

/** A named place in a tuple. */
export interface Field {
  readonly key: string;
  readonly shape: Shape;
}
