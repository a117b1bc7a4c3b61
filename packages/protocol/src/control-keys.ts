import * as z from 'zod/mini';
import { meshId, positiveInteger, shortText } from './primitives.ts';

/** What the holder of an API key is to the control plane: `admin` may do everything, `manager` run managers, `worker` let workers in, `spectator` look. */
export const keyAccessRole = z.enum(['admin', 'manager', 'worker', 'spectator']);
export type KeyAccessRole = z.infer<typeof keyAccessRole>;

/** A key as it is shown: never its secret. `meshes: null` is all meshes, `operations: null` all that its access role may do. */
export const keyDescription = z.object({
  key: shortText, name: shortText, accessRole: keyAccessRole, meshes: z.nullable(z.array(meshId)), operations: z.nullable(z.array(shortText)),
  createdAt: shortText, expiresAt: z.nullable(shortText), revokedAt: z.nullable(shortText),
});
export type KeyDescription = z.infer<typeof keyDescription>;
/** POST /api/v1/keys → createdKey. Left out: all meshes, all operations of the access role, 90 days. */
export const createKey = z.object({
  name: shortText, accessRole: keyAccessRole, meshes: z.optional(z.array(meshId).check(z.minLength(1), z.maxLength(64))),
  operations: z.optional(z.array(shortText).check(z.minLength(1), z.maxLength(64))), expiresInSeconds: z.optional(positiveInteger),
});
export type CreateKey = z.infer<typeof createKey>;
/** `secret` is shown here and never again: it goes into the Authorization header, `Bearer …`. */
export const createdKey = z.object({ key: keyDescription, secret: shortText });
export type CreatedKey = z.infer<typeof createdKey>;
/** GET /api/v1/keys?limit=&cursor= */
export const keyList = z.object({ keys: z.array(keyDescription), next: z.nullable(shortText) });
export type KeyList = z.infer<typeof keyList>;
