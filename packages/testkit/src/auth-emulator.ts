import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAuthStandIn } from './auth-stand-in.ts';

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
    case 'standIn': {
      const standIn = await startAuthStandIn(projectId);
      return { host: `127.0.0.1:${standIn.port}`, stop: () => standIn.stop() };
    }
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port)));
    });
  });
}
