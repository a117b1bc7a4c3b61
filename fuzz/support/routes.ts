import type { Hono } from 'hono';
import { control, protocolErrorCodes } from '@raft-mesh/protocol';
import { generator, json } from '../generate.ts';
import { check } from '../target.ts';
import type { Opened, Target, Verdict } from '../target.ts';

const decoder = new TextDecoder();

/** A request as a value, so that each part of it can be changed. Names after `$` stand for what the fixture knows: keys, tokens, ids. */
export interface Request_ {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
}

export interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** What `$name` stands for in this run. */
  readonly known: Readonly<Record<string, string>>;
  /** Before each request: something that the last one ended may be needed. */
  readonly before?: () => Promise<void>;
  /** After each answer: something that was made may have to go again. */
  readonly after?: (request: Request_, response: Response, body: unknown) => Promise<void>;
  close(): void | Promise<void>;
}

/** Every route that handles something: method and path, as the routers themselves say. What runs before every route is none. */
export function routesOf(router: Pick<Hono, 'routes'>): readonly string[] {
  return [...new Set(router.routes.map(({ method, path }) => `${method} ${path}`))].filter((route) => route !== 'ALL /*').toSorted();
}

/** One target for a route: requests that are right, and what mutation makes of them. */
export function routeTarget(name: string, weight: number, samples: readonly Request_[], open: () => Promise<Served>, reopenAfter?: number): Target {
  const whole = generator(samples, json, { bytesPerMille: 100 });
  const bodies = generator(samples.map(({ body }) => body), json, { bytesPerMille: 0 });
  return {
    name, weight, ...(reopenAfter === undefined ? {} : { reopenAfter }), valid: whole.valid,
    // Mostly the body alone: with a wrong key or address nobody looks at it.
    generate: (draw) => (samples.some(({ body }) => body !== undefined) && draw.chance(700) ? json({ ...draw.of(samples), body: JSON.parse(decoder.decode(bodies.generate(draw))) as unknown }) : whole.generate(draw)),
    open: async (): Promise<Opened> => {
      const served = await open();
      return { run: (input) => ask(served, input), close: () => served.close() };
    },
  };
}

async function ask(served: Served, input: Uint8Array): Promise<Verdict> {
  await served.before?.();
  const asked = requestFrom(served, input);
  if (asked === null) return 'refused';
  const response = await served.fetch(asked.request);
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return 'accepted';
  }
  const body = type.includes('json') ? await response.json() as unknown : await response.text();
  checkAnswer(response.status, type, body);
  await served.after?.(asked.plain, response, body);
  return response.status < 400 ? 'accepted' : 'refused';
}

/** Below 500, or busy for a moment; and an error says what it is. */
export function checkAnswer(status: number, type: string, body: unknown): void {
  const problem = control.problem.safeParse(body);
  if (status >= 400) {
    check(type.startsWith('application/problem+json') && problem.success, `an answer of ${status} is no problem: ${type} ${typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body).slice(0, 200)}`);
    check(problem.data.status === status && problem.data.detail.length > 0 && problem.data.next.length > 0, 'a problem does not say what happened and what to do next');
    const { code } = problem.data;
    // What is out of reach for a moment is no fault: no leader, too many links, the last mesh that fits.
    check(status < 500 || ((status === 503 || status === 507) && code !== 'internal'), `${status} ${code}: ${problem.data.detail}`);
    check(/^[a-zA-Z]+$/.test(code) || protocolErrorCodes.some((known) => known === code), `${code} is no code`);
  }
}

function requestFrom({ known }: Served, input: Uint8Array): { readonly request: Request; readonly plain: Request_ } | null {
  const filled = (text: string): string => text.replace(/\$([a-zA-Z]+)/g, (whole, name: string) => (Object.hasOwn(known, name) ? known[name] ?? whole : whole));
  let value: unknown;
  try {
    value = JSON.parse(filled(decoder.decode(input)));
  } catch {
    return null;
  }
  const { method, path, headers, body } = Object(value) as { readonly method?: unknown; readonly path?: unknown; readonly headers?: unknown; readonly body?: unknown };
  if (typeof method !== 'string' || typeof path !== 'string') return null;
  try {
    const request = new Request(`http://127.0.0.1:7070${path.startsWith('/') ? '' : '/'}${path}`, {
      method, headers: headersFrom(headers), body: method === 'GET' || method === 'HEAD' || body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body), redirect: 'manual',
    });
    return { request, plain: { method, path, body } };
  } catch {
    // No client could send this.
    return null;
  }
}

function headersFrom(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, content] of Object.entries(Object(value) as Record<string, unknown>)) if (typeof content === 'string') headers[name] = content;
  return headers;
}
