import { sha256 } from '../signing-key.ts';

/** What may stand in an event: never a secret, never a payload. */
export type AuditFields = Readonly<Record<string, string | number | boolean | null>>;

export interface AuditEvent extends AuditFields {
  readonly event: string;
}

/** Where a chain has come to. */
export interface ChainEnd {
  readonly sequence: number;
  readonly hash: string;
}

export const chainStart: ChainEnd = { sequence: 0, hash: '0'.repeat(64) };

const textCharactersMax = 256;
const shape = /^(\{"sequence":([1-9][0-9]{0,15}),.*,"previous":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}$/;

/** One event as a line of JSON, without its line end. Its hash covers all of it, the hash of the line before included. */
export function encodeAuditLine(after: ChainEnd, atMs: number, { event, ...fields }: AuditEvent): { readonly line: string; readonly end: ChainEnd } {
  const sequence = after.sequence + 1;
  const shortened = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, textCharactersMax) : value] as const);
  // The own fields come last, so that no other can stand in for them.
  const { sequence: _s, at: _a, previous: _p, hash: _h, ...rest } = Object.fromEntries(shortened);
  const text = JSON.stringify({ sequence, at: new Date(atMs).toISOString(), event, ...rest, previous: after.hash });
  const hash = sha256(text);
  return { line: `${text.slice(0, -1)},"hash":"${hash}"}`, end: { sequence, hash } };
}

/** What a line says of its place in the chain, its own hash checked; a word on what is wrong with it otherwise. */
export function decodeAuditLine(line: string): { readonly ok: true; readonly end: ChainEnd; readonly previous: string; readonly fields: AuditFields } | { readonly ok: false; readonly reason: string } {
  const [, text, sequence, previous, hash] = shape.exec(line) ?? [];
  if (text === undefined || previous === undefined || hash === undefined) return { ok: false, reason: 'it is no line of an audit log' };
  if (sha256(`${text}}`) !== hash) return { ok: false, reason: 'its hash is not that of what it says: it was changed' };
  const fields = fieldsIn(line);
  // A hash is no signature: whoever changes a line can make it fit.
  return fields === null ? { ok: false, reason: 'its hash is right, but it is no event' } : { ok: true, end: { sequence: Number(sequence), hash }, previous, fields };
}

function fieldsIn(line: string): AuditFields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string' ? (value as AuditFields) : null;
  } catch {
    return null;
  }
}
