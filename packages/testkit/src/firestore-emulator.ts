import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** A running Firestore emulator. `host` is what FIRESTORE_EMULATOR_HOST must be set to. */
export interface FirestoreEmulator {
  readonly host: string;
  stop(): Promise<void>;
}

/** How an emulator can be had here, or why not. */
export type EmulatorSource =
  | { readonly available: true; readonly kind: 'running'; readonly host: string }
  | { readonly available: true; readonly kind: 'jar'; readonly jar: string }
  | { readonly available: false; readonly reason: string };

const mainClass = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore';
const readyTimeoutMs = 60_000;

/**
 * Looks for an emulator that runs already (FIRESTORE_EMULATOR_HOST), then for the official jar (FIRESTORE_EMULATOR_JAR, the system package, the gcloud SDK).
 * `MESH_TEST_FIRESTORE=bridge` finds none: tests then do what they do on a machine that has no emulator.
 */
export function findFirestoreEmulator(): EmulatorSource {
  const wanted = process.env['MESH_TEST_FIRESTORE'] ?? '';
  if (wanted === 'bridge') return { available: false, reason: 'MESH_TEST_FIRESTORE=bridge asks for no emulator' };
  if (wanted !== '') throw new Error(`MESH_TEST_FIRESTORE is ${wanted}; it may be bridge, or not set`);
  const host = process.env['FIRESTORE_EMULATOR_HOST'];
  if (host !== undefined && host !== '') return { available: true, kind: 'running', host };
  const jar = [process.env['FIRESTORE_EMULATOR_JAR'], jarOfSystemPackage(), jarOfSdk()].find((file) => file !== undefined && file !== null && existsSync(file));
  if (jar === undefined || jar === null) return { available: false, reason: 'the Firestore emulator is not installed (package google-cloud-cli-firestore-emulator), and FIRESTORE_EMULATOR_HOST is not set' };
  if (output('java', ['-version']) === null) return { available: false, reason: 'the Firestore emulator needs Java, which is not installed' };
  return { available: true, kind: 'jar', jar };
}

/** Starts the emulator on a free port, or takes the one that runs. `rules`: a file of security rules. Who starts it stops it. */
export async function startFirestoreEmulator(source: EmulatorSource & { readonly available: true }, options: { readonly rules?: string } = {}): Promise<FirestoreEmulator> {
  if (source.kind === 'running') return { host: source.host, stop: () => Promise.resolve() };
  const port = await freePort();
  const rules = options.rules === undefined ? [] : [`--rules=${options.rules}`];
  const child = spawn('java', ['-Duser.language=en', '-Xmx256m', '-cp', source.jar, mainClass, '--host=127.0.0.1', `--port=${port}`, ...rules], { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithParent = () => { child.kill('SIGKILL'); };
  process.once('exit', killWithParent);
  const stop = async () => {
    process.off('exit', killWithParent);
    await ended(child);
  };
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: `127.0.0.1:${port}`, stop };
}

/** Resolves when the emulator says on its standard output that it runs; what it says later is read and dropped, so that its pipe never fills. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`the Firestore emulator was not ready within ${readyTimeoutMs} ms: ${said}`)), readyTimeoutMs);
    const listen = (chunk: unknown) => {
      said = (said + String(chunk)).slice(-4096);
      if (said.includes('Dev App Server is now running')) settle(resolve);
    };
    const onExit = () => settle(() => reject(new Error(`the Firestore emulator ended at once: ${said}`)));
    const settle = (then: () => void) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      then();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', onExit);
    child.once('error', reject);
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
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

function jarOfSystemPackage(): string | null {
  return output('dpkg', ['-L', 'google-cloud-cli-firestore-emulator'])?.split('\n').find((file) => file.endsWith('.jar')) ?? null;
}

function jarOfSdk(): string | null {
  const root = output('gcloud', ['info', '--format=value(installation.sdk_root)'])?.trim();
  return root === undefined || root === '' ? null : path.join(root, 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar');
}

/** What a program prints, `null` when there is no such program or it fails. */
function output(program: string, args: readonly string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
  } catch {
    return null;
  }
}
