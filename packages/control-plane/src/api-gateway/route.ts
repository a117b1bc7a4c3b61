import type * as z from 'zod/mini';
import { succeeded } from '@raft-mesh/mesh-node';
import type { AuditEvent, Result } from '@raft-mesh/mesh-node';
import type { Watcher } from '../mesh-manager/mesh-watch.ts';
import type { Draw } from '../mesh-manager/draw.ts';
import { problems } from '../mesh-manager/problems.ts';
import type { ProblemCode } from '../mesh-manager/problems.ts';
import type { Operation } from './access/access-table.ts';
import type { Caller } from './access/caller.ts';

/** What a route answers when all goes well. */
export type Answer<Value> =
  | { readonly status: 200 | 201; readonly schema: z.ZodMiniType<Value> }
  | { readonly status: 200; readonly contentType: 'application/octet-stream' | 'application/json' | 'text/html' | 'text/css' | 'text/plain' }
  | { readonly status: 204 }
  /** A WebSocket with messages of this shape; the value begins to watch. */
  | { readonly status: 101; readonly messages: z.ZodMiniType };

/** Begins to tell a watcher; what it gives ends that. */
export type Watch = (watcher: Watcher) => () => void;

/** What the body of a request is. */
export type BodyKind<Body> =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly schema: z.ZodMiniType<Body> }
  | { readonly kind: 'bytes'; readonly sizeBytesMax: number; readonly read: (bytes: Uint8Array) => Body };

/** The names in braces of a path. */
type ParameterOf<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParameterOf<Rest> : never;

export interface RouteRequest<Path, Body, Query> {
  readonly parameters: { readonly [Name in ParameterOf<Path>]: string };
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly draw: Draw;
}

/** A request as it came in, checked for size and for who sends it. */
export interface UncheckedRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly caller: Caller;
  readonly draw: Draw;
}

export interface RouteDefinition<Path extends string, Body, Query, Value> {
  readonly operation: Operation;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Under /api/v1, unless `place` says otherwise. */
  readonly path: Path;
  readonly place?: 'root';
  readonly summary: string;
  readonly details?: string;
  readonly body?: BodyKind<Body>;
  readonly query?: z.ZodMiniObject<Readonly<Record<string, z.ZodMiniType>>> & z.ZodMiniType<Query>;
  readonly answer: Answer<Value>;
  /** Beyond what every route may answer. */
  readonly problems: readonly ProblemCode[];
  /** Who may come instead of an API key, where the access table has an `or`. */
  readonly alternative?: (token: string, parameters: RouteRequest<Path, Body, Query>['parameters']) => Promise<Result<Caller>>;
  readonly handle: (request: RouteRequest<Path, Body, Query>) => Promise<Result<Value>>;
  /** What goes into the audit log once it is done. */
  readonly audit?: (request: RouteRequest<Path, Body, Query>, value: Value) => AuditEvent;
}

/** One route of the API: the only place that says where it is, who may, what it takes and what it answers. */
export interface Route {
  readonly operation: Operation;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** The whole path, parameters in braces. */
  readonly path: string;
  readonly summary: string;
  readonly details: string | null;
  readonly body: BodyKind<unknown>;
  readonly query: z.ZodMiniObject<Readonly<Record<string, z.ZodMiniType>>> | null;
  readonly answer: Answer<unknown>;
  readonly problems: readonly ProblemCode[];
  readonly alternative: ((token: string, parameters: Readonly<Record<string, string>>) => Promise<Result<Caller>>) | null;
  run(request: UncheckedRequest): Promise<Result<{ readonly value: unknown; readonly event: AuditEvent | null }>>;
}

/** Checks the shape of what a request brings before `handle` sees it. */
export function defineRoute<const Path extends string, Value, Body = null, Query = null>(definition: RouteDefinition<Path, Body, Query, Value>): Route {
  const { operation, method, path, place, summary, details, answer, alternative, handle, audit } = definition;
  const body = definition.body ?? { kind: 'none' };
  type Parameters = RouteRequest<Path, Body, Query>['parameters'];
  return {
    operation, method, path: place === 'root' ? path : `/api/v1${path}`, summary, details: details ?? null, body, answer, problems: definition.problems,
    query: definition.query ?? null,
    alternative: alternative === undefined ? null : (token, parameters) => alternative(token, parameters as Parameters),
    async run(unchecked) {
      const query = definition.query === undefined ? succeeded(null as Query) : checkedQuery(definition.query, unchecked.query);
      if (!query.ok) return query;
      const checked = checkedBody(body, unchecked.body);
      if (!checked.ok) return checked;
      const request: RouteRequest<Path, Body, Query> = { ...unchecked, parameters: unchecked.parameters as Parameters, query: query.value, body: checked.value };
      const result = await handle(request);
      return result.ok ? succeeded({ value: result.value, event: audit?.(request, result.value) ?? null }) : result;
    },
  };
}

function checkedQuery<Query>(schema: z.ZodMiniType<Query>, query: Readonly<Record<string, string>>): Result<Query> {
  const parsed = schema.safeParse(query);
  return parsed.success ? succeeded(parsed.data) : problems.queryInvalid(wordsOf(parsed.error.issues[0], 'the query'));
}

/** An empty JSON body counts as `{}`. */
function checkedBody<Body>(kind: BodyKind<Body>, body: Uint8Array): Result<Body> {
  if (kind.kind === 'none') return succeeded(null as Body);
  if (kind.kind === 'bytes') return succeeded(kind.read(body));
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return problems.bodyInvalid('it is no JSON.');
  }
  const parsed = kind.schema.safeParse(value);
  return parsed.success ? succeeded(parsed.data) : problems.bodyInvalid(wordsOf(parsed.error.issues[0], 'the body'));
}

function wordsOf(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined, whole: string): string {
  return `${issue?.path.map(String).join('.') || whole}: ${issue?.message ?? 'wrong'}`;
}
