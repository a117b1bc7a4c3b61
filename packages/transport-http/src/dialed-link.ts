import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshIdentity, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { createParser } from 'eventsource-parser';
import { endingOf, frameText, frameTextBytesMax, messagesFrom, parseJson } from './frame-text.ts';
import type { FrameText } from './frame-text.ts';
import { errorFrom } from './problem.ts';

const requestTimeoutMs = 10_000;
/** How long a closed link may take to say goodbye. */
const goodbyeTimeoutMs = 2000;
/** More than this unsent, and the manager is as good as gone. */
const unsentBytesMax = 64 * 1024 * 1024;

interface Session {
  readonly url: string;
  readonly secret: string;
}

/** The dialing end of a link over HTTP: one POST at a time, in order, and one stream of server-sent events. */
export class DialedLink implements Link {
  readonly kind = 'http';
  readonly remote: string;
  readonly #mesh: MeshIdentity;
  readonly #linksUrl: string;
  readonly #fetch: typeof fetch;
  /** What is under way. No signal outlives its request: Node 20 would keep each that was ever combined with it. */
  readonly #underWay = new Set<AbortController>();
  #handlers: LinkHandlers | null;
  #session: Session | null = null;
  #unsent: FrameText[] = [];
  #bufferedBytes = 0;
  #isOver = false;
  #pumping: Promise<void> | null = null;

  constructor(address: string, mesh: MeshIdentity, handlers: LinkHandlers, fetchImplementation: typeof fetch) {
    this.remote = address;
    this.#mesh = mesh;
    this.#handlers = handlers;
    this.#fetch = fetchImplementation;
    this.#linksUrl = `${address.replace(/\/$/, '')}/api/v1/meshes/${mesh.mesh}/links`;
    // Nothing has to be asked before the first message: the POST that carries it opens the link.
    queueMicrotask(() => {
      if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) this.#end({ cause: 'lost' });
      else this.#handlers?.onOpen();
    });
  }

  get bufferedBytes(): number {
    return this.#isOver ? 0 : this.#bufferedBytes;
  }

  send(message: WireMessage): void {
    if (this.#isOver) return;
    this.#queue(message);
    if (this.#bufferedBytes > unsentBytesMax) queueMicrotask(() => this.#end({ cause: 'lost' }));
  }

  close(error?: ProtocolError): void {
    if (this.#isOver) return;
    if (error !== undefined) this.#queue({ type: 'error', ...error, fatal: true });
    const handlers = this.#handlers;
    this.#isOver = true;
    this.#handlers = null;
    queueMicrotask(() => handlers?.onEnd({ cause: 'closedHere' }));
    void this.#sayGoodbye();
  }

  #queue(message: WireMessage): void {
    const frame = frameText(this.#mesh, message);
    this.#unsent.push(frame);
    this.#bufferedBytes += frame.sizeBytes;
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    // What is sent until the end of this turn shares a POST.
    await endOfTurn();
    while (this.#unsent.length > 0) {
      try {
        await (this.#session === null ? this.#open() : this.#post(this.#session));
      } catch (failure) {
        this.#unsent = [];
        this.#end(isRefused(failure) ? { cause: 'refused' } : { cause: 'lost' });
      }
    }
    this.#pumping = null;
  }

  async #open(): Promise<void> {
    const [first] = this.#unsent.splice(0, 1);
    if (first === undefined) return;
    const { status, text } = await this.#request(this.#linksUrl, 'POST', first.text, null);
    this.#bufferedBytes -= first.sizeBytes;
    const body = parseJson(text);
    if (status !== 201) return this.#refused(status, body);
    const { link, linkSecret, frames } = (body ?? {}) as { readonly link?: unknown; readonly linkSecret?: unknown; readonly frames?: unknown };
    if (typeof link !== 'string' || typeof linkSecret !== 'string' || !Array.isArray(frames)) return this.#refused(status, null);
    this.#session = { url: `${this.#linksUrl}/${encodeURIComponent(link)}`, secret: linkSecret };
    this.#receive(frames);
    if (!this.#isOver) void this.#read(this.#session);
  }

  async #post({ url, secret }: Session): Promise<void> {
    let count = 0;
    let sizeBytes = 0;
    for (const frame of this.#unsent) {
      if (count > 0 && sizeBytes + frame.sizeBytes + count > frameTextBytesMax) break;
      sizeBytes += frame.sizeBytes;
      count += 1;
    }
    const frames = this.#unsent.splice(0, count);
    const { status, text } = await this.#request(`${url}/messages`, 'POST', `{"frames":[${frames.map((frame) => frame.text).join(',')}]}`, secret);
    this.#bufferedBytes -= sizeBytes;
    if (status !== 202) this.#refused(status, parseJson(text));
  }

  /** Everything that the manager pushes, until the stream ends, which is the end of the link. */
  async #read({ url, secret }: Session): Promise<void> {
    const controller = new AbortController();
    this.#underWay.add(controller);
    try {
      const response = await this.#fetch(`${url}/messages`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${secret}` }, redirect: 'error', signal: controller.signal });
      if (response.status !== 200 || response.body === null) return this.#refused(response.status, parseJson(await response.text()));
      let frames: unknown[] = [];
      const parser = createParser({ onEvent: ({ data }) => { frames.push(parseJson(data)); }, maxBufferSize: 2 * frameTextBytesMax });
      const decoder = new TextDecoder();
      for await (const piece of response.body) {
        parser.feed(decoder.decode(piece, { stream: true }));
        if (frames.length > 0) this.#receive(frames);
        frames = [];
      }
    } catch {
      // The stream broke; what is to be done is the same as when it just ends.
    } finally {
      this.#underWay.delete(controller);
    }
    this.#end({ cause: 'lost' });
  }

  #receive(frames: readonly unknown[]): void {
    const { messages, error } = messagesFrom(this.#mesh, frames);
    const ending = endingOf(messages);
    const taken = ending?.upTo ?? messages;
    if (taken.length > 0) this.#handlers?.onMessages(taken);
    if (ending !== null) return this.#end({ cause: 'closedThere', error: ending.error });
    if (error !== null) this.#handlers?.onInvalid(error);
  }

  #refused(status: number, body: unknown): void {
    this.#unsent = [];
    this.#end({ cause: 'closedThere', error: errorFrom(status, body) });
  }

  #end(end: LinkEnd): void {
    if (this.#isOver) return;
    const handlers = this.#handlers;
    this.#isOver = true;
    this.#handlers = null;
    this.#unsent = [];
    this.#abortAll();
    handlers?.onEnd(end);
  }

  /** Lets what was sent before the close leave, in bounded time, then ends the link there. */
  async #sayGoodbye(): Promise<void> {
    const timer = setTimeout(() => this.#abortAll(), goodbyeTimeoutMs);
    await this.#pumping;
    if (this.#session !== null) await this.#request(this.#session.url, 'DELETE', null, this.#session.secret).catch(() => null);
    clearTimeout(timer);
    this.#abortAll();
  }

  #abortAll(): void {
    for (const controller of this.#underWay) controller.abort();
  }

  async #request(url: string, method: 'POST' | 'DELETE', body: string | null, secret: string | null): Promise<{ readonly status: number; readonly text: string }> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== null) headers['content-type'] = 'application/json';
    if (secret !== null) headers['authorization'] = `Bearer ${secret}`;
    const controller = new AbortController();
    this.#underWay.add(controller);
    const timer = setTimeout(() => controller.abort(), requestTimeoutMs);
    try {
      const response = await this.#fetch(url, { method, headers, body, redirect: 'error', signal: controller.signal });
      return { status: response.status, text: await response.text() };
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
    }
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else queueMicrotask(resolve);
  });
}

/** `fetch` wraps what happened; a name with several addresses wraps it twice. */
function isRefused(failure: unknown): boolean {
  if (typeof failure !== 'object' || failure === null) return false;
  if ('code' in failure && failure.code === 'ECONNREFUSED') return true;
  return 'cause' in failure && isRefused(failure.cause);
}
