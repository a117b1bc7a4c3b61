import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { sha256, succeeded } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import type { ApiKey } from './access/caller.ts';
import type { Keys } from './access/keys.ts';
import { keyPrefix } from './access/keys.ts';

/** The bearer token of a request, `null` when there is none. */
export function bearerToken(context: Context): string | null {
  return /^Bearer ([\w.~+/-]{1,4096}=*)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? null;
}

/** Whose token it is. `other`: no key at all, which may still be what some route takes instead. */
export type Authenticated = { readonly kind: 'apiKey'; readonly key: ApiKey } | { readonly kind: 'other' };

const bootstrapKey: ApiKey = { id: 'bootstrap', name: 'the admin key of this control plane', accessRole: 'admin', meshes: null, operations: null };

/** Tells the bootstrap key, API keys and anything else apart. Comparisons take a time that gives nothing away; only hashes of keys are kept. */
export function createAuthenticator(adminKey: string, keys: Keys): (token: string) => Promise<Result<Authenticated>> {
  const expected = Buffer.from(sha256(adminKey), 'hex');
  return async (token) => {
    if (timingSafeEqual(Buffer.from(sha256(token), 'hex'), expected)) return succeeded({ kind: 'apiKey', key: bootstrapKey });
    if (!token.startsWith(keyPrefix)) return succeeded({ kind: 'other' });
    const key = await keys.verify(token);
    return key.ok ? succeeded({ kind: 'apiKey', key: key.value }) : key;
  };
}
