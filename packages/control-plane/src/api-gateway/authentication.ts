import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { sha256 } from '@raft-mesh/mesh-node';

/** The bearer token of a request, `null` when there is none. */
export function bearerToken(context: Context): string | null {
  return /^Bearer ([\w.~+/-]{1,4096}=*)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? null;
}

/** Tells the admin key from anything else, in a time that gives nothing away. Only the key's hash is kept. */
export function createAdminCheck(adminKey: string): (token: string | null) => boolean {
  const expected = Buffer.from(sha256(adminKey), 'hex');
  return (token) => token !== null && timingSafeEqual(Buffer.from(sha256(token), 'hex'), expected);
}
