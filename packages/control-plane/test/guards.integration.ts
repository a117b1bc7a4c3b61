import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startControlPlane } from '@raft-mesh/control-plane';
import type { ControlPlane, ControlPlaneOptions } from '@raft-mesh/control-plane';
import { createControlPlaneClient, createLogger, verifyAuditLog } from '@raft-mesh/mesh-node';
import type { ManagerId } from '@raft-mesh/protocol';

jest.setTimeout(60_000);

const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-guards-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let started = 0;
async function withControlPlane(options: Partial<ControlPlaneOptions>, use: (controlPlane: ControlPlane, adminKey: string, directory: string) => Promise<void>): Promise<void> {
  const directory = path.join(root, String(started += 1));
  const controlPlane = await startControlPlane({ directory, port: 0, logger: createLogger({ level: 'silent', name: 'test' }), ...options });
  try {
    await use(controlPlane, readFileSync(controlPlane.adminKeyFile, 'utf8').trim(), directory);
  } finally {
    await controlPlane.stop();
  }
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => fetch(`${url}/api/v1/meshes`, { headers });
const as = (key: string) => ({ authorization: `Bearer ${key}` });

describe('limits', () => {
  test('of one address: past them 429 says when to come again, and the health of the process is told all the same', () => withControlPlane({ rateLimits: { perAddress: 3 } }, async ({ url }, adminKey) => {
    for (let count = 0; count < 3; count += 1) expect((await get(url, as(adminKey))).status).toBe(200);
    const refused = await get(url, as(adminKey));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'rateLimited', next: expect.any(String) });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // What proxies say is not believed unless there are some.
    expect((await get(url, { ...as(adminKey), 'x-forwarded-for': '10.0.0.1' })).status).toBe(429);
  }));

  test('of one address behind a proxy of one\'s own: what that proxy saw counts, not what somebody claims', () => withControlPlane({ rateLimits: { perAddress: 2 }, trustedProxies: 1 }, async ({ url }, adminKey) => {
    const from = async (forwarded: string) => (await get(url, { ...as(adminKey), 'x-forwarded-for': forwarded })).status;
    expect([await from('1.1.1.1, 10.0.0.1'), await from('2.2.2.2, 10.0.0.1'), await from('3.3.3.3, 10.0.0.1'), await from('10.0.0.2')]).toEqual([200, 200, 429, 200]);
    // Whoever has one IPv6 address has many.
    expect([await from('2001:db8::1'), await from('2001:db8:0:0:ffff::2'), await from('2001:db8::3'), await from('2001:db8:0:1::1')]).toEqual([200, 200, 429, 200]);
  }));

  test('of one key, wherever it is used; others go on', () => withControlPlane({ rateLimits: { perKey: 4 } }, async ({ url }, adminKey) => {
    const made = await createControlPlaneClient({ url, adminKey }).createKey({ name: 'k', accessRole: 'spectator' });
    const secret = made.ok ? made.value.secret : '';
    for (let count = 0; count < 4; count += 1) expect((await get(url, as(secret))).status).toBe(200);
    expect((await get(url, as(secret))).status).toBe(429);
    expect((await get(url, as(adminKey))).status).toBe(200);
  }));

  test('of guessing: after some wrong keys an address is not even asked for its key', () => withControlPlane({ rateLimits: { refusalsPerAddress: 5 } }, async ({ url }, adminKey) => {
    for (let count = 0; count < 5; count += 1) expect((await get(url, as('wrong'))).status).toBe(401);
    expect((await get(url, as(adminKey))).status).toBe(429);
  }));

  test('of headers', () => withControlPlane({}, async ({ url }) => {
    expect((await get(url, { 'x-long': 'x'.repeat(17 * 1024) })).status).toBe(431);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }));

  test('a request that never ends is let go, and the others are served', () => withControlPlane({}, async ({ url }) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /api/v1/meshes HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
    // Nobody vouches for it: it is answered before its body has come.
    const answer = await new Promise<string>((resolve) => { socket.once('data', (data: Buffer) => resolve(data.toString())); });
    expect(answer).toContain('401');
    socket.destroy();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }));
});

describe('pages of other places', () => {
  test('do not use the API; the own one does, under its public name, its address, and where it is allowed', () => withControlPlane({ publicUrl: 'https://game.example', allowedOrigins: ['https://other.example'] }, async ({ url }, adminKey) => {
    const from = async (origin: string, host?: string) => (await fetch(`${url}/api/v1/meshes`, { headers: { ...as(adminKey), origin, ...(host === undefined ? {} : { host }) } })).status;
    for (const origin of ['https://game.example', 'https://other.example', url, url.replace('127.0.0.1', 'localhost').replace('localhost', '127.0.0.1')]) expect([origin, await from(origin)]).toEqual([origin, 200]);
    for (const origin of ['https://evil.example', 'http://game.example', 'null', 'https://game.example.evil.example', `http://evil.example:${new URL(url).port}`]) expect([origin, await from(origin)]).toEqual([origin, 403]);
  }));

  test('nor under a name that was made to lead here, though it is the page\'s own name', () => withControlPlane({}, async ({ url }) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`POST /api/v1/invitations/redeem HTTP/1.1\r\nHost: evil.example:${port}\r\nOrigin: http://evil.example:${port}\r\nContent-Length: 2\r\n\r\n{}`);
    const answer = await new Promise<string>((resolve) => { socket.once('data', (data: Buffer) => resolve(data.toString())); });
    expect(answer).toContain('403');
    socket.destroy();
  }));
});

describe('TLS', () => {
  test('is spoken with the certificate that is given, and pages are told to stay with it', async () => {
    const [certificateFile, keyFile] = [path.join(root, 'certificate.pem'), path.join(root, 'key.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile, '-out', certificateFile, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
    await withControlPlane({ tls: { certificateFile, keyFile } }, async ({ url }) => {
      expect(url).toMatch(/^https:/);
      const { status, security } = await new Promise<{ status: number; security: string | undefined }>((resolve, reject) => {
        secureRequest(`${url}/healthz`, { ca: readFileSync(certificateFile) }, (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, security: response.headers['strict-transport-security'] });
        }).on('error', reject).end();
      });
      expect([status, security]).toEqual([200, 'max-age=31536000']);
    });
  });
});

describe('production', () => {
  test.each(['FIREBASE_AUTH_EMULATOR_HOST', 'FIRESTORE_EMULATOR_HOST'])('does not start with %s set', async (variable) => {
    process.env[variable] = '127.0.0.1:9';
    try {
      await expect(withControlPlane({ isProduction: true }, () => Promise.resolve())).rejects.toThrow(variable);
      process.env['NODE_ENV'] = 'production';
      await expect(withControlPlane({}, () => Promise.resolve())).rejects.toThrow(variable);
      process.env['NODE_ENV'] = 'test';
      await withControlPlane({}, () => Promise.resolve());
    } finally {
      delete process.env[variable];
      process.env['NODE_ENV'] = 'test';
    }
  });
});

describe('the audit log of a control plane', () => {
  test('has what was handed out and what was refused, by whom, without secrets; it goes on after a restart and verifies', async () => {
    const directory = path.join(root, 'audited');
    const secrets: string[] = [];
    for (let life = 0; life < 2; life += 1) {
      await withControlPlane({ directory }, async ({ url }, adminKey) => {
        const admin = createControlPlaneClient({ url, adminKey });
        const made = await admin.createMesh({ app: 'a', managers: [{ id: 'm1' as ManagerId, url: 'http://127.0.0.1:1' }] });
        const key = await admin.createKey({ name: 'k', accessRole: 'spectator' });
        if (!made.ok || !key.ok) throw new Error('they are made');
        secrets.push(adminKey, key.value.secret, ...made.value.setupTokens.map(({ setupToken }) => setupToken));
        await createControlPlaneClient({ url, adminKey: key.value.secret }).deleteMesh(made.value.mesh.mesh);
        await get(url, as('wrong'));
        await admin.revokeKey(key.value.key.key);
      });
    }
    const file = path.join(directory, 'audit', 'audit-0000000000000001.jsonl');
    const text = readFileSync(file, 'utf8');
    const events = text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const expected = [
      expect.objectContaining({ event: 'meshCreated', by: 'key bootstrap', address: '127.0.0.1' }), expect.objectContaining({ event: 'keyCreated', accessRole: 'spectator' }),
      expect.objectContaining({ event: 'accessRefused', operation: 'deleteMesh', code: 'notAllowed' }), expect.objectContaining({ event: 'accessRefused', operation: 'listMeshes', code: 'notAuthenticated' }),
      expect.objectContaining({ event: 'keyRevoked' }),
    ];
    expect(events).toEqual([...expected, ...expected]);
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(await verifyAuditLog(path.join(directory, 'audit'))).toMatchObject({ ok: true, entries: 10 });
    writeFileSync(file, text.replace('"code":"notAllowed"', '"code":"notAllowee"'));
    expect(await verifyAuditLog(path.join(directory, 'audit'))).toMatchObject({ ok: false, line: 3 });
  });
});
