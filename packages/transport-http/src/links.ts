import type { Clock, LinkAcceptor, Random } from '@raft-mesh/mesh';
import { frameFromJson, limits } from '@raft-mesh/protocol';
import type { MeshId, ProtocolError } from '@raft-mesh/protocol';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { messagesFrom, parseJson } from './frame-text.ts';
import { platformClock, platformRandom } from './platform.ts';
import { problemResponse } from './problem.ts';
import { ServedLink } from './served-link.ts';

/** Times in ms. */
export interface HttpLinksOptions {
  /** Who takes in links of this mesh, or why nobody does (`wrongMesh`, `wrongIncarnation`, `stopping`). */
  readonly resolve: (mesh: MeshId, incarnation: number) => LinkAcceptor | ProtocolError;
  /** Default: the platform's. */
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** Draws link ids and secrets. Default: the platform's. */
  readonly random?: Random;
  readonly linksMax?: number;
  /** How long the answer to a hello is waited for; a later one goes to the stream. */
  readonly welcomeTimeoutMs?: number;
  /** A link dies when no stream is open and nothing was posted for so long. */
  readonly idleTimeoutMs?: number;
  /** The address of who asks, for logs and limits. Default: that of Node's socket, when there is one. */
  readonly remoteOf?: (context: Context) => string;
}

/** Links over HTTP, as routes under /api/v1/meshes/:mesh/links. */
export interface HttpLinks {
  readonly routes: Hono;
  readonly linkCount: () => number;
  /** Ends every link at once, and takes in no more. Close what accepted the links first: it can say why. */
  readonly close: () => void;
}

const base = '/api/v1/meshes/:mesh/links';

export function createHttpLinks(options: HttpLinksOptions): HttpLinks {
  const links = new Map<string, ServedLink>();
  const { clock = platformClock, random = platformRandom } = options;
  let isClosing = false;
  const routes = new Hono();
  const remoteOf = options.remoteOf ?? nodeRemote;
  const limited = bodyLimit({ maxSize: limits.frameBytesMax, onError: () => problemResponse(fault('frameTooLarge', `The body is longer than ${limits.frameBytesMax} bytes.`, 'Send less at once.')) });

  routes.post(base, limited, async (context) => {
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const frame = frameFromJson(body.value);
    if (!frame.ok) return problemResponse(frame.error);
    const { mesh, incarnation, message } = frame.value;
    if (mesh !== context.req.param('mesh')) return problemResponse(fault('wrongMesh', 'The frame names another mesh than the address.', 'Name the same mesh in both.'));
    if (message.type !== 'hello') return problemResponse(fault('messageNotAllowed', 'A link over HTTP is for workers, and begins with a hello.', 'Send a hello frame as the body.'));
    if (isClosing || links.size >= (options.linksMax ?? 10_000)) return problemResponse(fault('overloaded', 'No more links are taken in now.', 'Try again later, or another manager.'));
    const acceptor = options.resolve(mesh, incarnation);
    if (!('accept' in acceptor)) return problemResponse(acceptor);
    const link: ServedLink = new ServedLink({
      id: random.identifier(), secret: hex(random.bytes(32)), mesh: { mesh, incarnation }, remote: remoteOf(context),
      clock, idleTimeoutMs: options.idleTimeoutMs ?? 10_000, onGone: () => links.delete(link.id),
    });
    links.set(link.id, link);
    link.setHandlers(acceptor.accept(link));
    link.receive([message], null);
    await firstAnswer(link, clock, options.welcomeTimeoutMs ?? 5000);
    const { error } = link;
    if (error !== null) {
      link.end({ cause: 'closedHere' });
      return problemResponse(error);
    }
    const frames = link.takeUnread().map((text) => JSON.parse(text) as unknown);
    return context.json({ link: link.id, linkSecret: link.secret, frames }, 201, { 'cache-control': 'no-store' });
  });

  routes.post(`${base}/:link/messages`, limited, async (context) => {
    const link = authenticated(context);
    if (link === null) return noSuchLink();
    const body = await readJson(context);
    if (!body.ok) return body.response;
    const frames = (body.value as { readonly frames?: unknown } | null)?.frames;
    if (!Array.isArray(frames)) return problemResponse(fault('malformedFrame', 'The body has no array `frames`.', 'Send { "frames": [ … ] }.'));
    const { messages, error } = messagesFrom(link.mesh, frames);
    if (link.isOver) return noSuchLink();
    link.receive(messages, error);
    return error === null ? context.body(null, 202) : problemResponse(error, 400);
  });

  routes.get(`${base}/:link/messages`, (context) => {
    const stream = authenticated(context)?.openStream(() => nodeOf(context).outgoing?.destroy?.());
    if (stream === undefined) return noSuchLink();
    if (stream === null) return problemResponse(fault('notAllowed', 'The stream of this link was opened before; a link has one in its life.', 'Open a new link.'), 409);
    return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } });
  });

  routes.delete(`${base}/:link`, (context) => {
    const link = authenticated(context);
    if (link === null) return noSuchLink();
    link.end({ cause: 'closedThere', error: null });
    return context.body(null, 204);
  });

  function authenticated(context: Context): ServedLink | null {
    const link = links.get(context.req.param('link') ?? '');
    const secret = /^Bearer (\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
    return link !== undefined && link.mesh.mesh === context.req.param('mesh') && isSameText(secret, link.secret) ? link : null;
  }

  return {
    routes,
    linkCount: () => links.size,
    close: () => {
      isClosing = true;
      for (const link of links.values()) link.end({ cause: 'closedHere' });
    },
  };
}

/** Everything that the acceptor says in the turn of its first answer. */
async function firstAnswer(link: ServedLink, clock: Pick<Clock, 'setTimer'>, timeoutMs: number): Promise<void> {
  let cancelTimer = (): void => {};
  const late = new Promise<void>((resolve) => { cancelTimer = clock.setTimer(timeoutMs, resolve); });
  await Promise.race([link.readable(), late]);
  cancelTimer();
}

/** Only as `application/json`: a page of another origin would need a permission to send that, which it does not get. */
async function readJson(context: Context): Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly response: Response }> {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) return { ok: false, response: problemResponse(fault('malformedFrame', 'The body is not application/json.', 'Send JSON, and say so in Content-Type.'), 415) };
  const value = parseJson(await context.req.text());
  return value === undefined ? { ok: false, response: problemResponse(fault('malformedFrame', 'The body is no JSON.', 'Send one JSON value in UTF-8.')) } : { ok: true, value };
}

function noSuchLink(): Response {
  return problemResponse(fault('notAuthenticated', 'There is no such link, or this is not its secret.', 'Open a new link.'));
}

/** Takes as long for a near miss as for a far one. */
function isSameText(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) difference |= left.charCodeAt(at) ^ right.charCodeAt(at);
  return difference === 0;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What Node's server gives along with a request, where that is what runs. */
interface NodeSide {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string; readonly remotePort?: number } };
  readonly outgoing?: { readonly destroy?: () => void };
}

function nodeOf(context: Context): NodeSide {
  return (context.env ?? {}) as NodeSide;
}

function nodeRemote(context: Context): string {
  const { incoming } = nodeOf(context);
  return `${incoming?.socket?.remoteAddress ?? 'unknown'}:${incoming?.socket?.remotePort ?? 0}`;
}

function fault(code: ProtocolError['code'], message: string, next: string): ProtocolError {
  return { code, message, next };
}
