import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@raft-mesh/cli';
import { connectWorker, createControlPlaneClient, initManager, type ControlPlaneClient, type Result, type Worker } from '@raft-mesh/mesh-node';
import type { ManagerId, MeshDescription } from '@raft-mesh/protocol';
import { meshCommand, startLasting } from './processes.ts';

export interface ObservedManager { readonly id: string; readonly url: string; readonly metrics: string; readonly child: ChildProcess; readonly exited: Promise<number | null> }

/** Real processes of a control plane and three managers, each with a port for its metrics. */
export interface ObservedMesh {
  readonly directory: string;
  readonly controlPlane: { readonly url: string; readonly metrics: string; readonly adminKey: string };
  readonly admin: ControlPlaneClient;
  readonly mesh: MeshDescription;
  readonly managers: readonly ObservedManager[];
  readonly invite: (name: string) => Promise<{ readonly mesh: MeshDescription; readonly token: string; readonly name: string }>;
  readonly connect: (name: string) => Promise<Worker>;
}

export async function withObservedMesh<Value>(use: (mesh: ObservedMesh) => Promise<Value>, environment: Readonly<Record<string, string>> = {}, tls?: { readonly certificate: string; readonly key: string }): Promise<Value> {
  const directory = await mkdtemp(join(tmpdir(), 'raft-mesh-observed-'));
  const children: { readonly child: ChildProcess; readonly exited: Promise<number | null> }[] = [];
  const start = async (...args: readonly string[]) => {
    const started = await startLasting(process.execPath, [meshCommand, ...args, '--log-level', 'error', '--json'], environment);
    children.push(started);
    return started;
  };
  try {
    const [port = 0, metricsPort = 0, ...ports] = await freePorts(8);
    const plane = join(directory, 'control-plane');
    const { first } = await start('control-plane', 'start', '--data-dir', plane, '--port', String(port), '--metrics-port', String(metricsPort));
    const url = String(first['url']);
    const adminKey = (await readFile(join(plane, 'admin-key'), 'utf8')).trim();
    const admin = createControlPlaneClient({ url, adminKey });
    const ids = ['m1', 'm2', 'm3'];
    const created = valueOf(await admin.createMesh({ app: '@raft-mesh/mafia', managers: ids.map((id, at) => ({ id: id as ManagerId, url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${ports[at]}` })) }));
    const managers = await Promise.all(ids.map(async (id, at): Promise<ObservedManager> => {
      const home = join(directory, id);
      await initManager({ directory: home, controlPlane: url, mesh: created.mesh.mesh, manager: id, setupToken: created.setupTokens[at]?.setupToken ?? '' });
      const { first: line, child, exited } = await start('manager', 'start', '--data-dir', home, '--metrics-port', String(ports[3 + at]), ...(tls === undefined ? [] : ['--tls-cert', tls.certificate, '--tls-key', tls.key]));
      return { id, url: String(line['url']), metrics: String(line['metrics']), child, exited };
    }));
    const invite = async (name: string) => {
      const { token, mesh } = valueOf(await admin.createJoinToken(created.mesh.mesh, { name, accessRole: 'admin', permissions: ['*'] }));
      return { token, mesh, name };
    };
    return await use({
      directory, controlPlane: { url, metrics: `http://127.0.0.1:${metricsPort}/metrics`, adminKey }, admin, mesh: created.mesh, managers,
      invite, connect: async (name) => connectWorker({ transport: 'websocket', join: await invite(name) }),
    });
  } finally {
    for (const { child } of children) child.kill('SIGKILL');
    await Promise.all(children.map(({ exited }) => exited));
    await rm(directory, { recursive: true, force: true });
  }
}

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.detail}`);
  return result.value;
}

export interface Sample { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** Reads Prometheus' text. */
export async function scrape(url: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly Sample[]> {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return [...(await response.text()).matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value = '']) => ({
    name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text])), value: Number(value),
  }));
}
