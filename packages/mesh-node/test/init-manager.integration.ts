import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateSigningKey, initManager } from '@raft-mesh/mesh-node';

// A control plane that enrols whoever asks, and loses what it is told to lose.
const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-init-'));
const enrolled: { readonly key: string; readonly authorization: string | undefined }[] = [];
let loseNextAnswer = false;
let server: Server;
let url: string;

beforeAll(async () => {
  const publicKey = generateSigningKey().x;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += String(chunk); });
    request.on('end', () => {
      enrolled.push({ key: JSON.parse(body).publicKey, authorization: request.headers.authorization });
      if (loseNextAnswer) {
        loseNextAnswer = false;
        request.socket.destroy();
        return;
      }
      const managers = [{ id: 'm1', managerIncarnation: 1, url: 'http://127.0.0.1:7071', publicKey: null }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ credential: 'signed', mesh: { mesh: 'demo', incarnation: 1, app: 'a', publicKey, createdAt: 'now', managers } }));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  rmSync(root, { recursive: true, force: true });
});

test('a manager whose enrolment got lost on the way enrols again with the same key, and appears only when it is whole', async () => {
  const directory = path.join(root, 'm1');
  loseNextAnswer = true;
  const options = { directory, controlPlane: url, mesh: 'demo', manager: 'm1', setupToken: 'once' };
  await expect(initManager(options)).rejects.toMatchObject({ code: 'unreachable' });
  expect(existsSync(directory)).toBe(false);
  expect(await initManager(options)).toMatchObject({ mesh: 'demo', manager: 'm1', incarnation: 1 });
  expect(enrolled.map(({ key }) => key)).toEqual([enrolled[0]?.key, enrolled[0]?.key]);
  expect(enrolled[0]?.authorization).toBe('Bearer once');
  expect(JSON.parse(readFileSync(path.join(directory, 'key.json'), 'utf8')).x).toBe(enrolled[0]?.key);
  expect(existsSync(`${directory}.initialising`)).toBe(false);
  expect(existsSync(path.join(directory, 'store', 'identity.json'))).toBe(true);
});

test('the admin key is read from its file', async () => {
  const adminKeyFile = path.join(root, 'admin-key');
  writeFileSync(adminKeyFile, 'the-key\n');
  await initManager({ directory: path.join(root, 'm1-admin'), controlPlane: url, mesh: 'demo', manager: 'm1', adminKeyFile });
  expect(enrolled.at(-1)?.authorization).toBe('Bearer the-key');
});
