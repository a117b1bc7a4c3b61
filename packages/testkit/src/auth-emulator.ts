import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A running Auth emulator. `host` is what FIREBASE_AUTH_EMULATOR_HOST must be set to. */
export interface AuthEmulator {
  readonly host: string;
  stop(): Promise<void>;
}

export type AuthEmulatorSource =
  | { readonly kind: 'running'; readonly host: string }
  | { readonly kind: 'firebaseTools'; readonly program: string }
  /** Not the emulator: what of it these tests use, in this process. */
  | { readonly kind: 'standIn'; readonly reason: string };

const readyTimeoutMs = 120_000;

/** Looks for an emulator that runs already (FIREBASE_AUTH_EMULATOR_HOST), then for firebase-tools (FIREBASE_TOOLS, or `firebase` on the path). It is too large to be a dependency. */
export function findAuthEmulator(): AuthEmulatorSource {
  const host = process.env['FIREBASE_AUTH_EMULATOR_HOST'];
  if (host !== undefined && host !== '') return { kind: 'running', host };
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).map((directory) => path.join(directory, 'firebase'));
  const program = [process.env['FIREBASE_TOOLS'], ...onPath].find((file) => file !== undefined && file !== '' && existsSync(file));
  return program === undefined ? { kind: 'standIn', reason: 'firebase-tools is not installed (FIREBASE_TOOLS names its program), and FIREBASE_AUTH_EMULATOR_HOST is not set' } : { kind: 'firebaseTools', program };
}

/** Who starts it stops it. */
export async function startAuthEmulator(source: AuthEmulatorSource, projectId: string): Promise<AuthEmulator> {
  switch (source.kind) {
    case 'running': return { host: source.host, stop: () => Promise.resolve() };
    case 'firebaseTools': return startFirebaseTools(source.program, projectId);
    case 'standIn': return startStandIn(projectId);
    default: return source satisfies never;
  }
}

async function startFirebaseTools(program: string, projectId: string): Promise<AuthEmulator> {
  const directory = mkdtempSync(path.join(tmpdir(), 'raft-mesh-auth-emulator-'));
  const [auth, hub, logging] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => ({ host: '127.0.0.1', port });
  writeFileSync(path.join(directory, 'firebase.json'), JSON.stringify({ emulators: { auth: at(auth), hub: at(hub), logging: at(logging), ui: { enabled: false }, singleProjectMode: true } }));
  const environment = { ...process.env, CI: '1', NO_UPDATE_NOTIFIER: '1', HOME: directory, XDG_CONFIG_HOME: directory };
  const child = spawn(process.execPath, [program, 'emulators:start', '--only', 'auth', '--project', projectId], { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithParent = () => { child.kill('SIGKILL'); };
  process.once('exit', killWithParent);
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  const stop = async () => {
    process.off('exit', killWithParent);
    child.kill('SIGINT');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the Auth emulator was not ready within ${readyTimeoutMs} ms: ${said}`)), readyTimeoutMs);
    const listen = (chunk: unknown) => {
      said = (said + String(chunk)).slice(-4096);
      if (!said.includes('All emulators ready')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`the Auth emulator ended at once: ${said}`));
    });
  });
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: `127.0.0.1:${auth}`, stop };
}

/** Makes users, gives them unsigned ID tokens with the claims that the emulator's have, and knows them afterwards: `accounts:signUp` as the SDK calls it, `accounts:lookup` as it and the Admin SDK do. Pages of any origin may ask. */
async function startStandIn(projectId: string): Promise<AuthEmulator> {
  const users = new Map<string, object>();
  const answerTo = (url: string, body: Readonly<Record<string, unknown>>): object | null => {
    if (url.startsWith('/identitytoolkit.googleapis.com/v1/accounts:signUp')) {
      const made = signUp(projectId, typeof body['email'] === 'string' ? body['email'] : null);
      users.set(made.localId, { localId: made.localId, validSince: '1', lastLoginAt: '1', createdAt: '1', disabled: false });
      return made;
    }
    const isOwn = url.startsWith('/identitytoolkit.googleapis.com/v1/accounts:lookup');
    if (!isOwn && !url.startsWith(`/identitytoolkit.googleapis.com/v1/projects/${projectId}/accounts:lookup`)) return null;
    const ids: readonly unknown[] = isOwn ? [subjectOf(String(body['idToken']))] : Array.isArray(body['localId']) ? body['localId'] : [];
    const found = ids.flatMap((id) => users.get(String(id)) ?? []);
    return { kind: 'identitytoolkit#GetAccountInfoResponse', ...(found.length === 0 ? {} : { users: found }) };
  };
  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      const forPages = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*', 'access-control-max-age': '60' };
      if (request.method === 'OPTIONS') { response.writeHead(204, forPages).end(); return; }
      const answer = request.method === 'POST' ? answerTo(request.url ?? '', body) : null;
      response.writeHead(answer === null ? 404 : 200, { ...forPages, 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { error: { code: 404, message: 'NOT_FOUND' } }));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { host: `127.0.0.1:${portOf(server)}`, stop: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }) };
}

function subjectOf(idToken: string): string {
  const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString() || '{}');
  return String(Object(claims)['sub']);
}

function signUp(projectId: string, email: string | null): { readonly localId: string; readonly [field: string]: unknown } {
  const localId = randomBytes(21).toString('base64url');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const firebase = email === null ? { identities: {}, sign_in_provider: 'anonymous' } : { identities: { email: [email] }, sign_in_provider: 'password' };
  const claims = {
    ...(email === null ? { provider_id: 'anonymous' } : { email, email_verified: false }), auth_time: nowSeconds, user_id: localId, firebase,
    iat: nowSeconds, exp: nowSeconds + 3600, aud: projectId, iss: `https://securetoken.google.com/${projectId}`, sub: localId,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return { kind: 'identitytoolkit#SignupNewUserResponse', localId, idToken: `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`, refreshToken: 'none', expiresIn: '3600', ...(email === null ? {} : { email }) };
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const value: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}');
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port)));
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return address.port;
}
