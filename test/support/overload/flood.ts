import { WebSocket } from 'ws';
import { decodeFrames, encodeFrames, protocolVersion } from '@raft-mesh/protocol';
import type { Frame, MeshDescription, WireMessage } from '@raft-mesh/protocol';
import { linksPath, subprotocol } from '@raft-mesh/transport-websocket';

export interface FloodOptions {
  readonly url: string;
  readonly mesh: MeshDescription;
  readonly token: string;
  /** Bytes of each document that is put. */
  readonly valueBytes: number;
  /** Commands that are on their way without an answer: far above what one session may have open. */
  readonly window: number;
}

const keys = 32;
const burst = 256;

/** A worker that sends commands as fast as its socket takes them, asks nobody whether they are welcome, and keeps book of every answer. */
export class Flood {
  readonly answeredMs: number[] = [];
  readonly refusedMs: number[] = [];
  readonly refusals = new Map<string, number>();
  /** The highest value of each key that was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  sent = 0;
  committed = 0;
  agent = '';
  readonly #options: FloodOptions;
  readonly #socket: WebSocket;
  readonly #padding: string;
  readonly #sentAtMs = new Map<number, number>();
  #settledThrough = 0;
  readonly #settled = new Set<number>();
  #cursor = 1;
  #running = false;

  private constructor(options: FloodOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    this.#padding = 'x'.repeat(options.valueBytes);
  }

  static open(options: FloodOptions): Promise<Flood> {
    const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}${linksPath}`, subprotocol, { perMessageDeflate: false });
    const flood = new Flood(options, socket);
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', (code) => reject(new Error(`a flood was closed with ${code}`)));
      socket.once('open', () => flood.#send([{ type: 'hello', protocolVersion, agentKind: 'cli', credential: { kind: 'join', token: options.token, name: 'Flood', resumeSecret: 'secret-of-a-flood' }, session: { id: 's-1', opened: false } } as unknown as WireMessage]));
      socket.on('message', (data: Buffer) => {
        const decoded = decodeFrames(data);
        if (!decoded.ok) throw new Error(decoded.error.message);
        for (const { message } of decoded.value) {
          if (message.type === 'welcome') { flood.agent = message.agent; resolve(flood); } else flood.#heard(message);
        }
        flood.#pump();
      });
    });
  }

  start(): void {
    this.#running = true;
    this.#pump();
  }

  /** Sends nothing new; resolves when everything that was taken has its answer, or after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.#running = false;
    const endsAtMs = performance.now() + withinMs;
    let before = -1;
    while (this.#sentAtMs.size > 0 && performance.now() < endsAtMs && before !== this.#sentAtMs.size) {
      before = this.#sentAtMs.size;
      await new Promise((resolve) => { setTimeout(resolve, 500); });
    }
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }

  #pump(): void {
    while (this.#running && this.#sentAtMs.size < this.#options.window && this.#socket.bufferedAmount < 8 * 1024 * 1024) {
      const messages: WireMessage[] = [];
      const nowMs = performance.now();
      for (let count = 0; count < burst; count += 1) {
        const sequence = this.#cursor;
        this.#cursor += 1;
        this.#sentAtMs.set(sequence, nowMs);
        messages.push({
          type: 'command', sequence, acknowledgedThrough: this.#settledThrough, module: 'documents', command: 'put',
          arguments: { key: `agents/${this.agent}/${sequence % keys}`, value: { sequence, padding: this.#padding } },
        });
      }
      this.sent += messages.length;
      this.#send(messages);
    }
  }

  #heard(message: WireMessage): void {
    if (message.type === 'commandOutcome') {
      this.#took(message.sequence, this.answeredMs);
      this.#settled.add(message.sequence);
      while (this.#settled.delete(this.#settledThrough + 1)) this.#settledThrough += 1;
      if (message.outcome.status !== 'committed') return;
      this.committed += 1;
      const key = `agents/${this.agent}/${message.sequence % keys}`;
      this.acknowledged.set(key, Math.max(message.sequence, this.acknowledged.get(key) ?? 0));
    } else if (message.type === 'commandRetry') {
      this.#took(message.sequence, this.refusedMs);
      this.refusals.set(message.refusal.code, (this.refusals.get(message.refusal.code) ?? 0) + 1);
      this.#cursor = Math.min(this.#cursor, message.sequence);
    }
  }

  #took(sequence: number, times: number[]): void {
    const sentAtMs = this.#sentAtMs.get(sequence);
    if (sentAtMs === undefined) return;
    this.#sentAtMs.delete(sequence);
    times.push(performance.now() - sentAtMs);
  }

  #send(messages: readonly WireMessage[]): void {
    const { mesh, incarnation } = this.#options.mesh;
    this.#socket.send(encodeFrames(messages.map((message): Frame => ({ mesh, incarnation, message }))));
  }
}
