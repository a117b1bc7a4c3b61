import type { JsonValue } from './json.ts';
import type { Refusal } from './module.ts';

/** How a command ended, on every replica alike. Refused commands of a session use up their sequence number too, except for `sequenceGap`. */
export type Outcome =
  | { readonly status: 'committed'; readonly index: number; readonly answer: JsonValue }
  | { readonly status: 'refused'; readonly index: number; readonly refusal: Refusal };
