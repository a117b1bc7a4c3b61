import { control } from '@raft-mesh/protocol';
import { problems } from '../../mesh-manager/problems.ts';
import type { ProblemCode } from '../../mesh-manager/problems.ts';
import { accessRuleOf } from '../access/access-table.ts';
import type { AccessRule } from '../access/access-table.ts';
import { pageQuery } from '../paging.ts';
import type { Route } from '../route.ts';
import { jsonSchemaOf } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

/** As much of an OpenAPI 3.1 document as the page needs to know. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: JsonSchema;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly JsonSchema[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: JsonSchema; readonly description?: string }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>>;
  /** Stable codes of the problems that it may answer. */
  readonly 'x-problems': readonly string[];
}

const problemReference: JsonSchema = { $ref: '#/components/schemas/Problem' };

/** The whole API, made of the routes themselves, so that it says what is. */
export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Raft Mesh control plane', version: '1',
      description: 'Makes meshes and lets agents and managers into them. No mesh needs it to keep running. Errors are application/problem+json (RFC 9457) with a stable code and what to do next.',
    },
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: jsonSchemaOf(control.problem, 'output') },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key (`mesh key create`), or the admin key of this control plane.' },
        setupToken: { type: 'http', scheme: 'bearer', description: 'The setup token of the manager, as creating, restoring or registering gave it.' },
        idToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The Firebase ID token of a player who has signed in.' },
        hostProof: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A proof that the host signed with its own key, alive for a minute.' },
        managerProof: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A proof that the manager signed with its own key, alive for a minute.' },
      },
    },
  };
}

function operationOf(route: Route): OpenApiOperation {
  const rule = accessRuleOf(route.operation);
  const codes = problemCodesOf(route, rule);
  return {
    operationId: route.operation, tags: [tagOf(route)], summary: route.summary,
    description: [route.details, accessOf(rule)].filter((text) => text !== null).join('\n\n'),
    security: rule.keys === 'nobodyNeedsOne' ? [] : [...(rule.keys.length > 0 ? [{ key: [] }] : []), ...('or' in rule && rule.or !== undefined ? [{ [rule.or]: [] }] : [])],
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body.kind === 'none' ? {} : { requestBody: requestBodyOf(route.body) }),
    responses: { [route.answer.status]: responseOf(route), ...problemResponses(codes) },
    'x-problems': codes,
  };
}

function tagOf({ path, operation }: Route): string {
  if (operation === 'health' || operation === 'ready' || operation === 'readMetrics' || operation.startsWith('documentation') || operation.startsWith('openApi')) return 'about';
  const parts = path.split('/').slice(3).filter((part) => !part.startsWith('{'));
  return parts[1] === undefined || parts[1] === 'restore' || parts[0] !== 'meshes' ? (parts[0] ?? 'about') : parts[1];
}

function accessOf(rule: AccessRule): string {
  if (rule.keys === 'nobodyNeedsOne') return 'Needs no key.';
  const roles = rule.keys.length === 0 ? null : `a key of the access role ${rule.keys.join(', ')}${rule.about === 'everything' ? ' for all meshes' : rule.about === 'mesh' ? ' for this mesh' : ''}`;
  const other = rule.or === 'setupToken' ? 'the manager\'s setup token' : rule.or === 'managerProof' ? 'a manager\'s proof' : rule.or === 'hostProof' ? 'the host\'s own proof' : rule.or === 'idToken' ? 'a player\'s ID token' : null;
  return `Needs ${[roles, other].filter((text) => text !== null).join(', or ')}.`;
}

function problemCodesOf(route: Route, rule: AccessRule): readonly ProblemCode[] {
  const access: readonly ProblemCode[] = rule.keys === 'nobodyNeedsOne' ? [] : ['notAuthenticated', 'keyExpired', 'keyRevoked', 'notAllowed'];
  const body: readonly ProblemCode[] = route.body.kind === 'none' ? ['bodyTooLarge'] : route.body.kind === 'json' ? ['bodyInvalid', 'bodyTooLarge'] : ['bodyTooLarge'];
  const repeated: readonly ProblemCode[] = route.method === 'post' ? ['idempotencyKeyInvalid', 'idempotencyKeyReused', 'tooManyRequestsKept'] : [];
  return [...new Set([...access, ...body, ...repeated, ...route.problems, 'rateLimited' as const, 'originNotAllowed' as const, 'recordDamaged' as const, 'recordNewer' as const, 'internal' as const])];
}

/** Problems by their status, as `problems` itself gives them. */
function problemResponses(codes: readonly ProblemCode[]): OpenApiOperation['responses'] {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const make: (...details: readonly never[]) => { readonly problem: { readonly status: number } } = problems[code];
    const { status } = make().problem;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, names]) => [status, { description: names.join(', '), content: { 'application/problem+json': { schema: problemReference } } }]));
}

function pathParameters({ path }: Route): OpenApiOperation['parameters'] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters({ query }: Route): OpenApiOperation['parameters'] {
  if (query === null) return [];
  const words: Readonly<Record<string, string>> = query === (pageQuery as unknown) ? { limit: 'How many at most, 100 by default.', cursor: '`next` of the page before.' } : {};
  return Object.entries(query.shape).map(([name, schema]) => {
    const description = words[name];
    return { name, in: 'query', required: !schema.safeParse(undefined).success, schema: jsonSchemaOf(schema, 'input'), ...(description === undefined ? {} : { description }) };
  });
}

function headerParameters({ method }: Route): OpenApiOperation['parameters'] {
  if (method !== 'post') return [];
  const description = 'The same key with the same request gets the same answer for a day, whichever copy of the control plane is asked, and nothing is done twice. With another body: 422.';
  return [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', minLength: 1, maxLength: 255 }, description }];
}

function requestBodyOf(body: Exclude<Route['body'], { readonly kind: 'none' }>): NonNullable<OpenApiOperation['requestBody']> {
  if (body.kind === 'bytes') return { required: true, content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } };
  return { required: true, content: { 'application/json': { schema: jsonSchemaOf(body.schema, 'input') } } };
}

function responseOf({ answer }: Route): OpenApiOperation['responses'][string] {
  if (answer.status === 204) return { description: 'Done.' };
  if (answer.status === 101) return { description: 'A WebSocket. Each message is one JSON value of this shape.', content: { 'application/json': { schema: jsonSchemaOf(answer.messages, 'output') } } };
  if ('schema' in answer) return { description: answer.status === 201 ? 'Made.' : 'As asked.', content: { 'application/json': { schema: jsonSchemaOf(answer.schema, 'output') } } };
  const schema = answer.contentType === 'application/octet-stream' ? { type: 'string', format: 'binary' } : answer.contentType === 'application/json' ? { type: 'object' } : { type: 'string' };
  return { description: 'As asked.', content: { [answer.contentType]: { schema } } };
}
