import * as z from 'zod/mini';
import { succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { problems } from '../mesh-manager/problems.ts';
import type { Page } from '../state-manager/control-store.ts';

const limits = { usual: 100, max: 1_000 };

/** The query of every list. */
export const pageQuery = z.object({
  limit: z.optional(z.string().check(z.regex(/^[1-9][0-9]{0,3}$/, `must be a whole number from 1 to ${limits.max}`), z.refine((text) => Number(text) <= limits.max, `must be at most ${limits.max}`))),
  cursor: z.optional(z.string().check(z.maxLength(400))),
});

/** Cursors are opaque to callers: the last id that they were given, in base64url. */
export function pageOf({ limit, cursor }: z.infer<typeof pageQuery>): Result<Page> {
  const after = cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString('utf8');
  if (after !== null && (!/^[A-Za-z0-9_.-]{1,200}$/.test(after) || cursorOf(after) !== cursor)) return problems.cursorInvalid();
  return succeeded({ limit: limit === undefined ? limits.usual : Number(limit), after });
}

export function cursorOf(last: string): string {
  return Buffer.from(last, 'utf8').toString('base64url');
}

/** A list with its `next` as a cursor. */
export function withCursor<List extends { readonly next: string | null }>(list: List): List {
  return { ...list, next: list.next === null ? null : cursorOf(list.next) };
}
