import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Link, LinkAcceptor } from '@raft-mesh/mesh';
import { decodeFrames, encodeFrames, limits } from '@raft-mesh/protocol';
import type { Frame, MeshId, WireMessage } from '@raft-mesh/protocol';
import { LinkRecorder } from '@raft-mesh/testkit/suites/transport';
import { createWebSocketDialer, linksPath, subprotocol } from '@raft-mesh/transport-websocket';
import { WebSocketListener, watchSocket } from '@raft-mesh/transport-websocket/server';
import type { WebSocketListenerOptions } from '@raft-mesh/transport-websocket/server';
import { WebSocket, WebSocketServer } from 'ws';

const mesh = { mesh: 'village' as MeshId, incarnation: 1 };
const frame = (message: WireMessage): Frame => ({ ...mesh, message });
const heartbeat: WireMessage = { type: 'heartbeat', beat: 1 };

let server: Server;
let listener: WebSocketListener;
let port: number;
let accepted: LinkRecorder[];
let acceptedLinks: Link[];
let sockets: WebSocket[];

const acceptor: LinkAcceptor = {
  accept(link) {
    const recorder = new LinkRecorder();
    // As a manager does: it says what was wrong.
    recorder.onInvalid = (error) => {
      recorder.invalid.push(error);
      link.close(error);
    };
    accepted.push(recorder);
    acceptedLinks.push(link);
    return recorder;
  },
};

async function listen(options: Partial<WebSocketListenerOptions> = {}): Promise<void> {
  await listener?.close();
  listener = new WebSocketListener({ server, resolve: (which) => (which === mesh.mesh ? acceptor : { code: 'wrongMesh', message: 'No such mesh.', next: 'Look elsewhere.' }), ...options });
}

function open(headers: Record<string, string> = {}, path: string = linksPath, protocol: string | null = subprotocol): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol === null ? [] : [protocol], { headers });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

/** Resolves with the status of an answer that is no upgrade. */
async function statusOf(socket: WebSocket): Promise<number | undefined> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

beforeEach(async () => {
  accepted = [];
  acceptedLinks = [];
  sockets = [];
  server = createServer((_, response) => { response.end('still here'); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  await listen();
});
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await listener.close();
  server.close();
  server.closeAllConnections();
});

describe('who may connect', () => {
  test('a target that is no URL is refused like any other, and ends nothing', async () => {
    for (const path of ['//', '*', 'http://', '/[']) {
      const asked = request({ port, path, headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol': subprotocol } }).end();
      const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
      response.resume();
      expect([path, response.statusCode]).toEqual([path, 404]);
    }
  });

  test('another path, no subprotocol, another subprotocol', async () => {
    expect(await statusOf(open({}, '/elsewhere'))).toBe(404);
    expect(await statusOf(open({}, linksPath, null))).toBe(400);
    expect(await statusOf(open({}, linksPath, 'raft-mesh.v0'))).toBe(400);
  });

  test('a page of a foreign origin is refused, one of this address or of the list is not', async () => {
    await listen({ allowedOrigins: ['https://play.example'] });
    expect(await statusOf(open({ origin: 'https://evil.example' }))).toBe(403);
    expect(await statusOf(open({ origin: 'null' }))).toBe(403);
    await once(open({ origin: 'https://play.example' }), 'open');
    await once(open({ origin: `http://127.0.0.1:${port}` }), 'open');
    await once(open(), 'open');
  });

  test('the dialer ends as originRefused, so that a worker need not try again', async () => {
    const recorder = new LinkRecorder();
    createWebSocketDialer({ origin: 'https://evil.example' }).dial(`http://127.0.0.1:${port}`, mesh, recorder);
    expect(await recorder.ended()).toMatchObject({ cause: 'closedThere', error: { code: 'originRefused' } });
  });

  test('no more connections than the bound, and again when one is gone', async () => {
    await listen({ connectionsMax: 1 });
    const first = open();
    await once(first, 'open');
    expect(await statusOf(open())).toBe(503);
    first.close();
    while (listener.connectionCount > 0) await nextTurn();
    await once(open(), 'open');
  });
});

describe('what arrives', () => {
  const answer = async (socket: WebSocket): Promise<unknown> => {
    const [data] = (await once(socket, 'message')) as [Buffer];
    const decoded = decodeFrames(data);
    return decoded.ok ? decoded.value.map(({ message }) => message) : decoded.error;
  };

  test('random bytes on a fresh connection close it with the code of the fault', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.send(new Uint8Array([0xc1, 1, 2, 3]));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4000, 'malformedFrame']);
  });

  test('text closes too', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.send('hello');
    expect((await once(socket, 'close'))[0]).toBe(4000);
  });

  test('on a link, random bytes and invalid messages are answered with a typed error, after the good frames before them', async () => {
    for (const [bad, code] of [[new Uint8Array([0xc1]), 'malformedFrame'], [Buffer.from('94a776696c6c6167650102a178', 'hex'), 'invalidMessage'], [Buffer.from('94a776696c6c616765011f05', 'hex'), 'unknownMessage']] as const) {
      const socket = open();
      await once(socket, 'open');
      socket.send(Buffer.concat([encodeFrames([frame(heartbeat)]), bad]));
      expect(await answer(socket)).toEqual([expect.objectContaining({ type: 'error', code, fatal: true })]);
      expect(accepted.at(-1)?.messages).toEqual([heartbeat]);
    }
  });

  test('an invalid first frame still reaches the mesh that it names', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.send(Buffer.from('94a776696c6c616765011f05', 'hex'));
    expect(await answer(socket)).toEqual([expect.objectContaining({ code: 'unknownMessage' })]);
  });

  test('a message above the limit closes the connection as too big, and others are served on', async () => {
    const other = open();
    await once(other, 'open');
    const socket = open();
    await once(socket, 'open');
    socket.send(new Uint8Array(limits.messageBytesMax + 1));
    expect((await once(socket, 'close'))[0]).toBe(1009);
    other.send(encodeFrames([{ mesh: 'nowhere' as MeshId, incarnation: 1, message: heartbeat }]));
    expect(await answer(other)).toEqual([expect.objectContaining({ code: 'wrongMesh', fatal: true })]);
  });

  test('frames for a mesh that was refused, a goodbye and an error for one that never was, are dropped', async () => {
    const socket = open();
    await once(socket, 'open');
    const foreign = { mesh: 'nowhere' as MeshId, incarnation: 1 };
    socket.send(encodeFrames([{ ...foreign, message: heartbeat }, { ...foreign, message: heartbeat }, frame({ type: 'goodbye' })]));
    expect(await answer(socket)).toHaveLength(1);
    expect(accepted).toHaveLength(0);
  });

  test('a peer that pings gets a pong', async () => {
    const socket = open();
    await once(socket, 'open');
    socket.ping('here');
    expect(String((await once(socket, 'pong'))[0])).toBe('here');
  });
});

describe('what leaves in one event-loop turn', () => {
  const framesPerMessage = async (send: (index: number) => WireMessage, count: number): Promise<number[]> => {
    await listen({ resolve: () => ({ accept: (link) => ({ onOpen() {}, onMessages() { for (let index = 1; index <= count; index += 1) link.send(send(index)); }, onInvalid() {}, onEnd() {} }) }) });
    const socket = open();
    await once(socket, 'open');
    const counts: number[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const decoded = decodeFrames(data);
        counts.push(decoded.ok ? decoded.value.length : 0);
        if (counts.reduce((sum, value) => sum + value, 0) === count) resolve();
      });
    });
    socket.send(encodeFrames([frame(heartbeat)]));
    await all;
    return counts;
  };

  test('is one message', async () => {
    expect(await framesPerMessage((beat) => ({ type: 'heartbeat', beat }), 200)).toEqual([200]);
  });

  test('or as many as its limit needs', async () => {
    expect(await framesPerMessage((index) => ({ type: 'event', module: 'm', index, event: 'x'.repeat(1_000_000) }), 9)).toEqual([4, 4, 1]);
  });
});

test('a connection that carries no link is closed in time', async () => {
  await listen({ idleTimeoutMs: 20 });
  const socket = open();
  expect((await once(socket, 'close'))[0]).toBe(1000);
});

test('who does not read why its link was ended is not waited for', async () => {
  await listen({ idleTimeoutMs: 600_000 });
  const socket = open();
  await once(socket, 'open');
  socket.pause();
  socket.send(encodeFrames([frame(heartbeat)]));
  while (accepted.length === 0) await nextTurn();
  const [link] = acceptedLinks;
  // More than the kernel takes for a reader that takes nothing.
  for (let index = 1; index <= 20; index += 1) link?.send({ type: 'event', module: 'm', index, event: 'x'.repeat(1_000_000) });
  await nextTurn();
  link?.close({ code: 'slowConsumer', message: 'Too slow.', next: 'Read.' });
  expect(listener.connectionCount).toBe(1);
  while (listener.connectionCount > 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
});

test('a broken socket ends its links as lost', async () => {
  const socket = open();
  await once(socket, 'open');
  socket.send(encodeFrames([frame(heartbeat)]));
  while (accepted.length === 0) await nextTurn();
  socket.terminate();
  expect(await accepted[0]?.ended()).toEqual({ cause: 'lost' });
});

test('links that are to notice their end share one ping, and end as lost when the other end says nothing any more, whoever dialled', async () => {
  await listen({ resolve: () => acceptor });
  const socket = open();
  let pings = 0;
  socket.on('ping', () => { pings += 1; });
  await once(socket, 'open');
  socket.send(encodeFrames([{ mesh: 'a' as MeshId, incarnation: 1, message: heartbeat }, { mesh: 'b' as MeshId, incarnation: 1, message: heartbeat }]));
  while (accepted.length < 2) await nextTurn();
  expect(acceptedLinks.map((link) => [link.noticeEnd?.(), link.noticeEnd?.()])).toEqual([[true, true], [true, true]]);
  acceptedLinks[1]?.send(heartbeat);
  await once(socket, 'message');
  expect(pings).toBe(1);

  const dialled = new LinkRecorder();
  const mute = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => subprotocol });
  await once(mute, 'listening');
  const taken = once(mute, 'connection') as Promise<[WebSocket]>;
  const link = createWebSocketDialer({ watch: watchSocket }).dial(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, mesh, dialled);
  await dialled.until(() => dialled.opens === 1);
  expect(link.noticeEnd?.()).toBe(true);
  const [far] = await taken;
  // As of a process that was stopped: nothing is read, nothing is answered, nothing ends.
  socket.pause();
  far.pause();
  expect(await Promise.all([accepted[0]?.ended(), accepted[1]?.ended(), dialled.ended()])).toEqual([{ cause: 'lost' }, { cause: 'lost' }, { cause: 'lost' }]);
  far.terminate();
  mute.close();
});

test('links of different meshes share a connection, which closes with the last', async () => {
  await listen({ resolve: () => acceptor });
  const dialer = createWebSocketDialer();
  const links = ['a', 'b'].map((name) => {
    const recorder = new LinkRecorder();
    const link = dialer.dial(`http://127.0.0.1:${port}`, { mesh: name, incarnation: 1 }, recorder);
    link.send(heartbeat);
    return { link, recorder };
  });
  while (accepted.length < 2) await nextTurn();
  expect(listener.connectionCount).toBe(1);
  links[0]?.link.close();
  expect(await accepted[0]?.ended()).toEqual({ cause: 'closedThere', error: null });
  expect(listener.connectionCount).toBe(1);
  links[1]?.link.close();
  expect(await accepted[1]?.ended()).toEqual({ cause: 'closedThere', error: null });
  while (listener.connectionCount > 0) await nextTurn();
});

test('the HTTP server goes on for what is no upgrade', async () => {
  const [response] = (await once(request({ port, host: '127.0.0.1', path: '/' }).end(), 'response')) as [NodeJS.ReadableStream];
  expect(String((await once(response, 'data'))[0])).toBe('still here');
});
