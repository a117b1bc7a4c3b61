import type { MafiaState } from '../state.ts';

/** What a step led to, or why the rules do not allow it. */
export type Replayed = { readonly ok: true; readonly state: MafiaState } | { readonly ok: false; readonly why: string };

export const wrong = (why: string): Replayed => ({ ok: false, why });
