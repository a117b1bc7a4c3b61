import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import type { AuditEvent } from '@raft-mesh/mesh-node';
import { Draw } from '../mesh-manager/draw.ts';
import { problems } from '../mesh-manager/problems.ts';
import { admit } from './access/admission.ts';
import type { AdmissionOptions } from './access/admission.ts';
import { callerName } from './access/caller.ts';
import type { Caller } from './access/caller.ts';
import { bearerToken } from './authentication.ts';
import type { Idempotency } from './idempotency.ts';
import { limitedBody } from './limited-body.ts';
import { renderProblem, renderValue, sendAnswer } from './rendered-answer.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Route, Watch } from './route.ts';
import { isUpgrade, serveEvents, tokenOfSubprotocol } from './web-socket.ts';

export interface RouterOptions extends AdmissionOptions {
  readonly routes: readonly Route[];
  readonly idempotency: Idempotency;
  readonly limits: RateLimits;
  readonly addressOf: (context: Context) => string;
  /** Resolves once the event is kept: what it tells of is answered only then. */
  readonly audit: (event: AuditEvent) => Promise<void>;
  /** Nobody waits for these. */
  readonly note: (event: AuditEvent) => void;
  /** Called when something may have changed. */
  readonly onChange: () => void;
}

const jsonBytesMax = 64 * 1024;

interface Variables { readonly caller: Caller; readonly operation: string }

/** Serves routes, each in the same steps: who asks, how much may come in, what it says, what is answered. */
export function createRouter(options: RouterOptions): Hono {
  const router = new Hono();
  for (const route of options.routes) {
    const bytesMax = route.body.kind === 'bytes' ? route.body.sizeBytesMax : jsonBytesMax;
    // Who asks is known before the first byte of the body is read: what nobody vouches for must not fill the memory.
    router.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ':$1'), admission(route, options), limitedBody(bytesMax), async (context: Context<{ Variables: Variables }>) => {
      if (route.answer.status === 101) return serve(route, context, options);
      const body = route.body.kind === 'none' ? new Uint8Array() : new Uint8Array(await context.req.arrayBuffer());
      const key = route.method === 'post' ? context.req.header('idempotency-key') : undefined;
      if (key === undefined) return sendAnswer(context, await run(route, context, body, Draw.random(), options));
      const repeatable = { key, target: `${route.method} ${context.req.path}`, token: bearerToken(context), body };
      const answered = await options.idempotency.answer(repeatable, (draw) => run(route, context, body, draw, options));
      if (!answered.ok) return sendAnswer(context, renderProblem(answered.problem));
      if (answered.value.isRepeated) context.header('idempotent-replayed', 'true');
      return sendAnswer(context, answered.value);
    });
  }
  return router;
}

function admission(route: Route, options: RouterOptions): MiddlewareHandler<{ Variables: Variables }> {
  const { limits, addressOf, note } = options;
  return async (context, next) => {
    context.set('operation', route.operation);
    const address = addressOf(context);
    const tooMany = (retryAfterSeconds: number) => {
      context.header('retry-after', String(retryAfterSeconds));
      return sendAnswer(context, renderProblem(problems.rateLimited(retryAfterSeconds).problem));
    };
    // Whether this process serves is asked by those who watch over it: no limit for them.
    const waitSeconds = route.operation === 'health' || route.operation === 'ready' ? null : await limits.countAddress(address);
    if (waitSeconds !== null) return tooMany(waitSeconds);
    const admitted = await admit(route, tokenOf(context), context.req.param(), options);
    if (!admitted.ok) {
      if (admitted.problem.status === 401) await limits.countRefusal(address);
      note({ event: 'accessRefused', operation: route.operation, code: admitted.problem.code, address });
      return sendAnswer(context, renderProblem(admitted.problem));
    }
    const caller = admitted.value;
    const keyWaitSeconds = caller.kind === 'apiKey' ? await limits.countKey(caller.key.id) : null;
    if (keyWaitSeconds !== null) return tooMany(keyWaitSeconds);
    context.set('caller', caller);
    return next();
  };
}

function tokenOf(context: Context): string | null {
  return bearerToken(context) ?? tokenOfSubprotocol(context);
}

/** A WebSocket: opened once everything else is as with any other route. */
async function serve(route: Route, context: Context<{ Variables: Variables }>, options: RouterOptions): Promise<Response> {
  if (!isUpgrade(context)) return sendAnswer(context, renderProblem(problems.upgradeRequired().problem));
  const caller = context.get('caller');
  const parameters = context.req.param();
  const result = await route.run({ parameters, query: context.req.query(), body: new Uint8Array(), caller, draw: Draw.random() });
  if (!result.ok) return sendAnswer(context, renderProblem(result.problem));
  const { value, event } = result.value;
  if (event !== null) await options.audit({ ...event, by: callerName(caller), address: options.addressOf(context) });
  const token = tokenOf(context);
  return serveEvents(context, value as Watch, async () => (await admit(route, token, parameters, options)).ok);
}

async function run(route: Route, context: Context<{ Variables: Variables }>, body: Uint8Array, draw: Draw, options: RouterOptions): Promise<RenderedAnswer> {
  const caller = context.get('caller');
  const result = await route.run({ parameters: context.req.param(), query: context.req.query(), body, caller, draw });
  if (!result.ok) return renderProblem(result.problem);
  const { value, event } = result.value;
  if (route.method !== 'get') options.onChange();
  if (event !== null) await options.audit({ ...event, by: callerName(caller), address: options.addressOf(context) });
  return renderValue(route.answer, value);
}
