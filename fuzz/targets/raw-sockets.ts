import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '@raft-mesh/mesh-node';
import { subprotocol } from '@raft-mesh/transport-websocket';
import { createManagerServer } from '../../packages/mesh-node/src/manager-server.ts';
import { generator, text } from '../generate.ts';
import { check } from '../target.ts';
import type { Opened, Target, Verdict } from '../target.ts';
import { checkAnswer } from '../support/routes.ts';
import { serveControlPlane } from './control-plane-http.ts';
import { serveManager } from './manager-http.ts';

const answerTimeoutMs = 20_000;

const requests = (path: string): readonly string[] => [
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  `GET ${path} HTTP/1.0\r\nAuthorization: Bearer a.b.c\r\n\r\n`,
  `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
];
const upgrades: readonly string[] = [
  `GET /api/v1/links HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n\u0082\u0001\u00c1`,
  `GET /api/v1/links HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\nSec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://x\r\n\r\n`,
  `GET // HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
];

/** Bytes straight to a port, and all that comes back until the other side has had enough. */
function exchange(port: number, input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no end of the connection within ${answerTimeoutMs} ms; so far: ${answer.slice(0, 300)}`)); }, answerTimeoutMs);
    socket.on('data', (data) => { answer += data.toString('latin1'); });
    socket.on('error', () => {});
    socket.on('close', () => { clearTimeout(timer); resolve(answer); });
    socket.end(input);
  });
}

function verdictOf(answer: string): Verdict {
  // Several answers may come back to one input; each begins with a line of its own.
  const heads = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n([\s\S]*?)\r\n\r\n([\s\S]*?)(?=HTTP\/1\.1 |$)/g)];
  for (const [, status = '', head = '', body = ''] of heads) {
    const type = /content-type: ([^\r\n]*)/i.exec(head)?.[1] ?? '';
    if (Number(status) < 400) continue;
    let parsed: unknown = body;
    try {
      parsed = JSON.parse(/transfer-encoding: chunked/i.test(head) ? body.replace(/^[0-9a-f]+\r\n/i, '').replace(/\r\n0(\r\n)*$/, '') : body);
    } catch { /* told as it is */ }
    // A HEAD request is answered without a body.
    if (body !== '' || !/content-length: [1-9]/i.test(head)) checkAnswer(Number(status), type, parsed);
  }
  return heads.some(([, status]) => Number(status) < 400) ? 'accepted' : 'refused';
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); });
}

const managerPort: Target = {
  name: 'http.manager socket', weight: 0.5, ...generator([...requests('/healthz'), ...requests('/api/v1/meshes/village/links'), ...upgrades, ...upgrades], text, { bytesPerMille: 700 }),
  open: async (): Promise<Opened> => {
    const served = await serveManager();
    const server = createManagerServer({ gateway: served.gateway, host: '127.0.0.1', allowedOrigins: [] });
    const port = Number(new URL(await server.listen(0)).port);
    return {
      run: async (input) => verdictOf(await exchange(port, input)),
      async close() { await server.close(); await served.close(); },
    };
  },
};

const controlPlanePort: Target = {
  name: 'http.controlPlane socket', weight: 0.4, ...generator([...requests('/healthz'), ...requests('/api/v1/meshes'), ...requests('/'), ...upgrades.slice(2)], text, { bytesPerMille: 700 }),
  open: async (): Promise<Opened> => {
    const served = await serveControlPlane();
    const server = createHttpServer({ fetch: served.fetch, hostname: '127.0.0.1' });
    const port = await listening(server);
    return {
      async run(input) {
        const verdict = verdictOf(await exchange(port, input));
        check(served.fails().length === 0, `the control plane logged a failure: ${served.fails().join()}`);
        return verdict;
      },
      async close() { await new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }); await served.close(); },
    };
  },
};

export const rawSocketTargets: readonly Target[] = [managerPort, controlPlanePort];
