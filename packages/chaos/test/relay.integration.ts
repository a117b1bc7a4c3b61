import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManagerId } from '@raft-mesh/protocol';
import { calmControl, type ChaosControl } from '../src/control/chaos-control.ts';
import { ChaosDirectory } from '../src/control/chaos-directory.ts';
import { quietPorts } from '../src/cluster/ports.ts';
import { Relay } from '../src/relay/relay.ts';

const m1 = 'm1' as ManagerId;
const m2 = 'm2' as ManagerId;

/** What a socket has received, awaited by its text. */
class Ear {
  #text = '';
  #look: () => void = () => {};

  readonly closed: Promise<false>;

  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => { socket.once('close', () => resolve(false)); });
    socket.on('data', (data: Buffer) => {
      this.#text += data.toString();
      this.#look();
    });
    socket.on('error', () => {});
  }

  get text(): string {
    return this.#text;
  }

  async hears(text: string): Promise<void> {
    while (!this.#text.includes(text)) await new Promise<void>((resolve) => { this.#look = resolve; });
  }
}

describe('The relay', () => {
  let directory: string;
  let chaos: ChaosDirectory;
  let relay: Relay;
  let ports: readonly number[];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  const address = (place: number): string => `http://127.0.0.1:${ports[place] ?? 0}`;
  const listen = async (place: number): Promise<{ readonly next: () => Promise<Ear>; readonly server: Server }> => {
    const server = createServer((socket) => {
      sockets.push(socket);
      const ear = new Ear(socket);
      const taker = takers.shift();
      if (taker === undefined) waiting.push(ear);
      else taker(ear);
    });
    const waiting: Ear[] = [];
    const takers: ((ear: Ear) => void)[] = [];
    servers.push(server);
    server.listen(ports[place], '127.0.0.1');
    await once(server, 'listening');
    return { server, next: () => new Promise((resolve) => { const ear = waiting.shift(); if (ear === undefined) takers.push(resolve); else resolve(ear); }) };
  };
  const dial = (from: string, place: number): Ear => {
    const url = new URL(chaos.dialAddress(from)(address(place)));
    const socket = connect(Number(url.port), '127.0.0.1');
    sockets.push(socket);
    return new Ear(socket);
  };
  const change = async (changed: Partial<ChaosControl>): Promise<void> => {
    const { revision } = await chaos.change((control) => ({ ...control, ...changed }));
    expect(await chaos.applied(revision)).toBe(true);
  };
  /** A pair that has spoken through the relay; what a server sees first of each connection of the relay is its look whether anybody is there. */
  const joined = async (from: string, place: number, next: () => Promise<Ear>): Promise<{ readonly here: Ear; readonly there: Ear }> => {
    const here = dial(from, place);
    here.socket.write('hello;');
    for (;;) {
      const there = await next();
      if (await Promise.race([there.hears('hello;').then(() => true), there.closed])) return { here, there };
    }
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'raft-mesh-relay-'));
    ports = await quietPorts(2);
    chaos = new ChaosDirectory(directory);
    await chaos.create(calmControl([{ id: m1, url: address(0) }, { id: m2, url: address(1) }], ['clients']));
    relay = new Relay(chaos);
  });
  afterEach(async () => {
    relay.stop();
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('has a port for each that dials and each that is dialled, and passes on both ways', async () => {
    const { next } = await listen(1);
    await relay.start();
    const dialled = ['m1', 'clients'].map((from) => chaos.dialAddress(from)(address(1)));
    expect(new Set([...dialled, address(1)]).size).toBe(3);
    expect(chaos.dialAddress('m2')(address(1))).toBe(address(1));
    const { here, there } = await joined('m1', 1, next);
    there.socket.write('welcome;');
    await here.hears('welcome;');
    expect(there.text).toBe('hello;');
  });

  test('holds back what goes one way, lets the other way pass, and loses nothing', async () => {
    const { next } = await listen(1);
    await relay.start();
    const { here, there } = await joined('m1', 1, next);
    await change({ cuts: [{ from: m1, to: m2 }] });
    here.socket.write('late;');
    there.socket.write('through;');
    await here.hears('through;');
    // Whatever is passed on at all would have come before this.
    there.socket.write('again;');
    await here.hears('again;');
    expect(there.text).toBe('hello;');
    await change({ cuts: [] });
    await there.hears('hello;late;');
  });

  test('cut both ways, nobody hears of the other, not even of its end', async () => {
    const { next } = await listen(1);
    await relay.start();
    const { here, there } = await joined('m1', 1, next);
    await change({ cuts: [{ from: m1, to: m2 }, { from: m2, to: m1 }] });
    const ended = here.closed.then(() => 'ended');
    there.socket.write('too late to be heard;');
    there.socket.destroy();
    const fresh = dial('m1', 1);
    await once(fresh.socket, 'connect');
    fresh.socket.write('anybody there?');
    expect(await Promise.race([ended, change({ delays: [] }).then(() => 'silence')])).toBe('silence');
    await change({ cuts: [] });
    expect(await ended).toBe('ended');
    expect(here.text).toBe('too late to be heard;');
    for (;;) {
      const ear = await next();
      if (await Promise.race([ear.hears('anybody there?').then(() => true), ear.closed])) break;
    }
  });

  test('is slow one way, in order', async () => {
    const { next } = await listen(1);
    await relay.start();
    const { here, there } = await joined('m1', 1, next);
    await change({ delays: [{ from: m1, to: m2, delayMs: 300 }] });
    const sentAtMs = performance.now();
    for (const part of ['a', 'b', 'c;']) here.socket.write(part);
    await there.hears('abc;');
    expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(290);
  });

  test('refuses where nobody listens, and only there', async () => {
    const { server, next } = await listen(1);
    await relay.start();
    const refused = async (from: string, place: number): Promise<boolean> => {
      const socket = connect(Number(new URL(chaos.dialAddress(from)(address(place))).port), '127.0.0.1');
      sockets.push(socket);
      return Promise.race([once(socket, 'connect').then(() => { socket.destroy(); return false; }), new Promise<boolean>((resolve) => { socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED')); })]);
    };
    expect(await refused('m2', 0)).toBe(true);
    expect(await refused('m1', 1)).toBe(false);
    // The process dies: whoever was linked sees the end, dials again at once, and is refused.
    const { here, there } = await joined('m1', 1, next);
    server.close();
    there.socket.destroy();
    await here.closed;
    expect(await refused('m1', 1)).toBe(true);
    // Where nothing gets through, nobody can tell.
    await change({ cuts: [{ from: m2, to: m1 }] });
    expect(await refused('m1', 1)).toBe(false);
    await change({ cuts: [] });
    const back = await listen(1);
    while (await refused('m1', 1)) await new Promise((resolve) => { setImmediate(resolve); });
    await joined('m1', 1, back.next);
  });

  test('follows when managers come and go', async () => {
    await relay.start();
    await change({ managers: [{ id: m1, url: address(0) }] });
    expect(chaos.dialAddress('m1')(address(1))).toBe(address(1));
    await change({ managers: [{ id: m1, url: address(0) }, { id: m2, url: address(1) }] });
    expect(chaos.dialAddress('m1')(address(1))).not.toBe(address(1));
  });
});
