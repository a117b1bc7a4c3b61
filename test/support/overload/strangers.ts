import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { decodeFrames, encodeFrames, frameToJson } from '@raft-mesh/protocol';
import type { MeshDescription, MeshId, WireMessage } from '@raft-mesh/protocol';
import { linksPath, subprotocol } from '@raft-mesh/transport-websocket';

export interface Crowd {
  /** Connections that the other side has not closed. */
  readonly open: () => number;
  /** Resolves when the other side has closed all of them; rejects after `withinMs`. */
  readonly closedThere: (withinMs: number) => Promise<void>;
  readonly end: () => void;
}

const addressOf = (url: string): { readonly port: number; readonly host: string } => ({ port: Number(new URL(url).port), host: new URL(url).hostname });

/** Fewer than the kernel keeps for a listener that has not taken them yet (511 in Node): of more it drops some, and lets the other end believe that they are open. */
const connectionsAtOnce = 256;

/** Many connections, all open at the same time. `say`: what each sends at first; the rest of the time it stays silent. */
export async function crowd(url: string, count: number, say: (place: number) => string, andThen: (socket: Socket) => void = () => {}): Promise<Crowd> {
  const { port, host } = addressOf(url);
  const sockets = new Set<Socket>();
  const open = (place: number): Promise<void> => new Promise<void>((resolve) => {
    const socket = connect(port, host, () => {
      const text = say(place);
      if (text !== '') socket.write(text);
      andThen(socket);
      resolve();
    });
    sockets.add(socket);
    // Read, so that an end is noticed.
    socket.resume();
    socket.on('error', () => {});
    socket.once('close', () => { sockets.delete(socket); resolve(); });
  });
  for (let first = 0; first < count; first += connectionsAtOnce) {
    await Promise.all(Array.from({ length: Math.min(connectionsAtOnce, count - first) }, (_, place) => open(first + place)));
    // Connections are taken in their order: when this one is answered, all before it have been.
    await (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).arrayBuffer();
  }
  return {
    open: () => sockets.size,
    async closedThere(withinMs) {
      const endsAtMs = performance.now() + withinMs;
      while (sockets.size > 0) {
        if (performance.now() > endsAtMs) throw new Error(`${sockets.size} of ${count} connections are still open after ${withinMs} ms`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    },
    end() { for (const socket of sockets) socket.destroy(); },
  };
}

/** Nothing, or half of a request. */
export const halfOpen = (place: number): string => (['', 'GET /healthz HT', 'POST /api/v1/meshes/x/links HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{', 'GET /healthz HTTP/1.1\r\nHost: x\r\n'] as const)[place % 4] ?? '';

/** Sends a byte of a header now and then, for as long as it is let. */
export function dripping(intervalMs: number): (socket: Socket) => void {
  return (socket) => {
    const timer = setInterval(() => { if (socket.writable) socket.write('a'); }, intervalMs);
    socket.once('close', () => clearInterval(timer));
  };
}

/** Opens connections one after the other as fast as it can, for a while, and leaves each at once. */
export async function connectionFlood(url: string, forMs: number, atOnce: number): Promise<number> {
  const { port, host } = addressOf(url);
  const endsAtMs = performance.now() + forMs;
  let count = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (performance.now() < endsAtMs) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, host, () => { socket.destroy(); });
        socket.on('error', () => {});
        socket.once('close', () => resolve());
      });
      count += 1;
    }
  }));
  return count;
}

/** A worker that asks for more and more, and reads none of it. Resolves with what it hears once it reads again: the error that its link ended with. */
export class DeafWebSocket {
  readonly #socket: WebSocket;
  readonly #mesh: MeshDescription;
  readonly heard: WireMessage[] = [];
  ended = false;

  private constructor(socket: WebSocket, mesh: MeshDescription) {
    this.#socket = socket;
    this.#mesh = mesh;
    socket.on('message', (data: Buffer) => { const decoded = decodeFrames(data); if (decoded.ok) this.heard.push(...decoded.value.map(({ message }) => message)); });
    socket.once('close', () => { this.ended = true; });
    socket.on('error', () => {});
  }

  static async open(url: string, mesh: MeshDescription, hello: WireMessage): Promise<DeafWebSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${linksPath}`, subprotocol, { perMessageDeflate: false });
    const deaf = new DeafWebSocket(socket, mesh);
    await new Promise<void>((resolve, reject) => { socket.once('open', resolve); socket.once('error', reject); });
    deaf.send([hello]);
    while (deaf.heard.length === 0 && !deaf.ended) await new Promise((resolve) => { setTimeout(resolve, 5); });
    if (deaf.heard[0]?.type !== 'welcome') throw new Error(`not welcomed: ${JSON.stringify(deaf.heard[0])}`);
    return deaf;
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** A byte a second or so: what a reader that is too slow comes to. */
  readSlowly(): () => void {
    const socket = (this.#socket as unknown as { readonly _socket: Socket })._socket;
    socket.removeAllListeners('data');
    socket.pause();
    const timer = setInterval(() => { socket.read(1); }, 1_000);
    return () => clearInterval(timer);
  }

  readAgain(): void {
    this.#socket.resume();
  }

  send(messages: readonly WireMessage[]): void {
    const { mesh, incarnation } = this.#mesh;
    this.#socket.send(encodeFrames(messages.map((message) => ({ mesh, incarnation, message }))));
  }

  end(): void {
    this.#socket.terminate();
  }
}

/** A worker over HTTP that opens its stream, asks for more and more, and reads none of it. */
export class DeafHttp {
  readonly #url: string;
  readonly #authorization: string;
  readonly #mesh: MeshDescription;
  readonly stream: Socket;
  ended = false;

  private constructor(url: string, secret: string, mesh: MeshDescription) {
    this.#url = url;
    this.#authorization = `Bearer ${secret}`;
    this.#mesh = mesh;
    const { port, host } = addressOf(url);
    this.stream = connect(port, host);
    this.stream.on('error', () => {});
    this.stream.once('close', () => { this.ended = true; });
    this.stream.write(`GET ${new URL(url).pathname}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: ${this.#authorization}\r\n\r\n`);
    this.stream.pause();
  }

  static async open(base: string, mesh: MeshDescription, hello: WireMessage): Promise<DeafHttp> {
    const links = `${base}/api/v1/meshes/${mesh.mesh}/links`;
    const answer = await fetch(links, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(frameToJson({ mesh: mesh.mesh, incarnation: mesh.incarnation, message: hello })) });
    const { link, linkSecret } = await answer.json() as { readonly link: string; readonly linkSecret: string };
    return new DeafHttp(`${links}/${link}`, linkSecret, mesh);
  }

  /** The status of the post: 401 once the link is gone. */
  async send(messages: readonly WireMessage[]): Promise<number> {
    const frames = messages.map((message) => frameToJson({ mesh: this.#mesh.mesh as MeshId, incarnation: this.#mesh.incarnation, message }));
    const answer = await fetch(`${this.#url}/messages`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: this.#authorization }, body: JSON.stringify({ frames }) });
    await answer.arrayBuffer();
    return answer.status;
  }

  end(): void {
    this.stream.destroy();
  }
}
