import type { Fault, invalid } from './fault.ts';

/**
 * One schema, compiled: how a value of it becomes a MessagePack tuple or plain JSON and back. Coming back, every value
 * is checked, and what is not described by the schema is left out.
 */
export interface Shape {
  /** The wire form in words. Also what the pinned hash of the protocol is made of, so a change here is a change of version. */
  readonly description: string;
  toTuple(value: unknown): unknown;
  fromTuple(raw: unknown, fault: Fault): unknown | typeof invalid;
  toJson(value: unknown): unknown;
  fromJson(raw: unknown, fault: Fault): unknown | typeof invalid;
}

/** A named place in a tuple. */
export interface Field {
  readonly key: string;
  readonly shape: Shape;
}
