import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConnectionGate } from '../src/connection-gate.ts';
import { createHttpServer } from '../src/http-server.ts';

let server: Server;
let gate: ConnectionGate;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  server = createHttpServer({ fetch: () => new Response('{}', { headers: { 'content-type': 'application/json' } }), hostname: '127.0.0.1' });
  gate = new ConnectionGate({ server, connectionsMax: 3 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function open(): Promise<Socket & { said: string }> {
  const { port } = server.address() as AddressInfo;
  const socket = Object.assign(connect(port, '127.0.0.1'), { said: '' });
  socket.on('error', () => {});
  socket.on('data', (data: Buffer) => { socket.said += data.toString(); });
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function asked(): Promise<Socket & { said: string }> {
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

test('who says nothing makes room for the next, the longest wait first', async () => {
  const first = await open();
  await open();
  await open();
  while (gate.connectionCount < 3) await new Promise((resolve) => { setImmediate(resolve); });
  const ended = once(first, 'close');
  const newcomer = await asked();
  await ended;
  expect(newcomer.said).toMatch(/^HTTP\/1\.1 200 /);
  expect(gate.connectionCount).toBe(3);
});

test('when all have asked for something, the newcomer is told at once that there is no room', async () => {
  for (let count = 0; count < 3; count += 1) await asked();
  const refused = await open();
  await once(refused, 'close');
  expect(refused.said).toMatch(/^HTTP\/1\.1 503 [\s\S]*application\/problem\+json[\s\S]*"code":"overloaded"/);
  sockets[0]?.destroy();
  while (gate.connectionCount === 3) await new Promise((resolve) => { setImmediate(resolve); });
  expect((await asked()).said).toMatch(/^HTTP\/1\.1 200 /);
});

test('what is no HTTP gets a problem, and the connection ends', async () => {
  for (const [bytes, status, code] of [['\0\x01garbage\r\n\r\n', 400, 'requestInvalid'], ['GET / HTTP/1.1\r\n\r\n', 400, 'requestInvalid'], [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headTooLarge'], ['GET / HTTP/1.1\r\nHost: x\r\nExpect: much\r\n\r\n', 417, 'expectationFailed']] as const) {
    const socket = await open();
    socket.write(bytes);
    await once(socket, 'close');
    expect(socket.said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"${code}"`));
  }
});
