import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';
import type { NodeId } from '@raft-mesh/raft';
import * as z from 'zod/mini';
import type { BootId, HostId, ManagerId, MeshId } from './identity.ts';
import { isJsonValue } from './json-value.ts';

// zod would otherwise try `new Function`, which the page's content security policy reports.
z.config({ jitless: true });

// Branded by a custom check, so that what comes out of the codec has the types the rest of the code asks for.
const matching = <Branded extends string>(pattern: RegExp) => described(z.custom<Branded>((value) => typeof value === 'string' && pattern.test(value), `must match ${pattern}`), { type: 'string', pattern: pattern.source });

/** What JSON Schema cannot find out by itself, because the check is a function. */
function described<Schema extends z.ZodMiniType>(schema: Schema, jsonSchema: z.core.JSONSchemaMeta): Schema {
  z.globalRegistry.add(schema, jsonSchema);
  return schema;
}

export const meshId = matching<MeshId>(/^[A-Za-z0-9_-]{1,64}$/);
export const managerId = matching<ManagerId>(/^[a-z0-9-]{1,32}$/);
/** A host, to the control plane. */
export const hostId = matching<HostId>(/^[a-z0-9-]{1,32}$/);
export const bootId = matching<BootId>(/^[A-Za-z0-9_-]{1,64}$/);
export const agentId = matching<AgentId>(/^[A-Za-z0-9_-]{1,64}$/);
export const sessionId = matching<SessionId>(/^[A-Za-z0-9_-]{1,64}$/);
/** `<manager>:<manager incarnation>`, see `nodeIdOf`. */
export const nodeId = matching<NodeId>(/^[a-z0-9-]{1,32}:[0-9]{1,16}$/);
export const agentKind = z.enum(['browser', 'cli']);

export const wholeNumber = described(z.number().check(z.refine((value) => Number.isSafeInteger(value) && value >= 0, 'must be a whole number from 0')), { type: 'integer', minimum: 0 });
export const positiveInteger = described(z.number().check(z.refine((value) => Number.isSafeInteger(value) && value >= 1, 'must be a whole number from 1')), { type: 'integer', minimum: 1 });
/** Log time in whole ms. */
export const logTimeMs = wholeNumber;
export const shortText = z.string().check(z.minLength(1), z.maxLength(256));
export const url = z.string().check(z.minLength(1), z.maxLength(2048));
/** Binary on WebSocket, base64url without padding in JSON. */
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes');
export const json = z.custom<JsonValue>((value) => isJsonValue(value), 'must be a JSON value, at most 32 levels deep, with finite numbers');
