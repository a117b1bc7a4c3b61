import type { Context } from 'hono';
import type { Problem } from './problem.ts';

/** RFC 9457. */
export function problemResponse(context: Context, problem: Problem): Response {
  if (problem.status === 401) context.header('www-authenticate', 'Bearer');
  context.header('cache-control', 'no-store');
  return context.body(JSON.stringify(problem), { status: problem.status as 400, headers: { 'content-type': 'application/problem+json' } });
}

/** The bearer token of a request to a manager, `null` when there is none. */
export function bearerToken(context: Context): string | null {
  return /^Bearer ([\w.-]+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? null;
}
