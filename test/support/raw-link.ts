import { WebSocket } from 'ws';
import { decodeFrames, encodeFrames, frameFromJson, frameToJson, protocolVersion, type Hello, type MeshDescription, type MeshId, type WireMessage } from '@raft-mesh/protocol';
import { linksPath, subprotocol } from '@raft-mesh/transport-websocket';

type Credential = Hello['credential'];
/** Whose frames these claim to be. */
export interface About { readonly mesh: string; readonly incarnation: number }

/** A link to one manager with nothing between the test and the bytes. */
export interface RawLink {
  send(message: WireMessage, about?: About): Promise<void>;
  /** The next message that is no heartbeat, leader or manager notice. Rejects when the link ends first. */
  next(): Promise<WireMessage>;
  /** The code of the error that comes next. */
  errorCode(): Promise<string>;
  end(): void;
}

export type Greeting = { readonly code: 'welcome'; readonly link: RawLink; readonly agent: string } | { readonly code: string; readonly link: null };

export interface Door {
  readonly name: 'websocket' | 'http';
  /** `code` is `welcome`, or why this hello was refused. */
  greet(hello: WireMessage, about?: About): Promise<Greeting>;
}

export function helloWith(credential: Credential, session = `session-${Math.trunc(performance.now() * 1000)}`): Hello {
  return { type: 'hello', protocolVersion, agentKind: 'cli', credential, session: { id: session as Hello['session']['id'], opened: false } };
}

const answerTimeoutMs = 10_000;

/** Messages that wait for a reader, and why there will be no more. */
class Inbox {
  readonly #messages: WireMessage[] = [];
  #ended: string | null = null;
  #wake: () => void = () => {};

  put(message: WireMessage): void {
    if (['leaderChanged', 'managersChanged', 'heartbeatAck'].includes(message.type)) return;
    this.#messages.push(message);
    this.#wake();
  }

  end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  async next(): Promise<WireMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#ended !== null) throw new Error(this.#ended);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing came within ${answerTimeoutMs} ms`)), answerTimeoutMs);
        this.#wake = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  /** What the link was refused or closed with: an error message, or the reason that the connection itself gave. */
  async errorCode(): Promise<string> {
    const message = await this.next().catch((error: Error) => error.message);
    if (typeof message === 'string') return message;
    return message.type === 'error' ? message.code : message.type;
  }
}

/** A WebSocket on which anything can be sent. Its inbox ends with the reason that the manager closed it with, or with the close code. */
export class RawSocket {
  readonly inbox = new Inbox();
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const decoded = decodeFrames(data);
      if (!decoded.ok) throw new Error(`the manager sent what it should not: ${decoded.error.message}`);
      for (const frame of decoded.value) this.inbox.put(frame.message);
    });
    socket.on('close', (code, reason) => this.inbox.end(reason.length > 0 ? reason.toString() : `closed with ${code}`));
  }

  /** Rejects with the HTTP status when the manager does not take the connection. */
  static open(url: string, options: { readonly origin?: string } = {}): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${linksPath}`, subprotocol, { ...options, perMessageDeflate: false });
      const raw = new RawSocket(socket);
      socket.once('open', () => resolve(raw));
      socket.on('error', (error) => { reject(error); raw.inbox.end(error.message); });
    });
  }

  bytes(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  message(message: WireMessage, { mesh, incarnation }: About): void {
    this.bytes(encodeFrames([{ mesh: mesh as MeshId, incarnation, message }]));
  }

  close(): void {
    this.#socket.terminate();
  }
}

export function webSocketDoor(url: string, mesh: MeshDescription): Door {
  return {
    name: 'websocket',
    greet: async (hello, about = mesh) => {
      const socket = await RawSocket.open(url);
      socket.message(hello, about);
      const first = await socket.inbox.next().catch((error: Error) => error);
      if (first instanceof Error || first.type !== 'welcome') {
        socket.close();
        return { code: first instanceof Error ? first.message : first.type === 'error' ? first.code : first.type, link: null };
      }
      return {
        code: 'welcome', agent: first.agent, link: {
          send: (message, whose = mesh) => { socket.message(message, whose); return Promise.resolve(); },
          next: () => socket.inbox.next(), errorCode: () => socket.inbox.errorCode(), end: () => socket.close(),
        },
      };
    },
  };
}

const json = { 'content-type': 'application/json' };

/** The code that an HTTP answer carries, or its status when it carries none. */
export async function codeOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : String(response.status);
}

export function httpDoor(url: string, mesh: MeshDescription): Door {
  const base = `${url}/api/v1/meshes/${mesh.mesh}/links`;
  const text = (message: WireMessage, about: About) => frameToJson({ mesh: about.mesh as MeshId, incarnation: about.incarnation, message });
  return {
    name: 'http',
    greet: async (hello, about = mesh) => {
      const response = await fetch(base.replace(mesh.mesh, about.mesh), { method: 'POST', headers: json, body: JSON.stringify(text(hello, about)) });
      if (response.status !== 201) return { code: await codeOf(response), link: null };
      const opened = await response.json() as { readonly link: string; readonly linkSecret: string; readonly frames: readonly unknown[] };
      const inbox = new Inbox();
      const take = (value: unknown) => {
        const frame = frameFromJson(value);
        if (!frame.ok) throw new Error(`the manager sent what it should not: ${frame.error.message}`);
        inbox.put(frame.value.message);
      };
      opened.frames.forEach(take);
      const welcome = await inbox.next();
      if (welcome.type !== 'welcome') throw new Error(`${welcome.type} instead of a welcome`);
      const authorization = `Bearer ${opened.linkSecret}`;
      const stopping = new AbortController();
      const stream = await fetch(`${base}/${opened.link}/messages`, { headers: { authorization }, signal: stopping.signal });
      void readEvents(stream, take).then(() => inbox.end('the stream has ended'), () => inbox.end('the stream is broken'));
      return {
        code: 'welcome', agent: welcome.agent, link: {
          send: async (message, whose = mesh) => {
            const sent = await fetch(`${base}/${opened.link}/messages`, { method: 'POST', headers: { ...json, authorization }, body: JSON.stringify({ frames: [text(message, whose)] }) });
            if (!sent.ok) inbox.end(await codeOf(sent));
          },
          next: () => inbox.next(), errorCode: () => inbox.errorCode(), end: () => stopping.abort(),
        },
      };
    },
  };
}

async function readEvents(response: Response, take: (value: unknown) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    const events = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) if (event.startsWith('data: ')) take(JSON.parse(event.slice('data: '.length)));
  }
}
