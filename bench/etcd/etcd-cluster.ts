import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@raft-mesh/cli';
import { EtcdClient } from './etcd-client.ts';

const startsWithinMs = 20_000;

/** The version of the installed etcd; `null` when there is none. */
export function etcdVersion(): string | null {
  const { status, stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'unknown') : null;
}

/** Three etcd processes on loopback as they come: fsync on, default intervals. */
export class EtcdCluster {
  readonly #processes: readonly ChildProcess[];
  readonly #clients: readonly EtcdClient[];

  private constructor(processes: readonly ChildProcess[], clients: readonly EtcdClient[]) {
    this.#processes = processes;
    this.#clients = clients;
  }

  /** Resolves when one of them leads. Their files go under `directory`. */
  static async start(directory: string): Promise<EtcdCluster> {
    const ports = await freePorts(6);
    const members = [0, 1, 2].map((place) => ({ name: `e${place + 1}`, client: `127.0.0.1:${ports[place] ?? 0}`, peer: `http://127.0.0.1:${ports[place + 3] ?? 0}` }));
    const initial = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
    const processes = members.map(({ name, client, peer }) => spawn('etcd', [
      '--name', name, '--data-dir', join(directory, name), '--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`,
      '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', initial, '--initial-cluster-state', 'new', '--log-level', 'error',
    ], { stdio: 'ignore' }));
    const cluster = new EtcdCluster(processes, members.map(({ client }) => new EtcdClient(client)));
    try {
      await cluster.leader();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid ?? 0);
  }

  /** A client of the process that leads: the shortest way that a write can take. */
  async leader(): Promise<EtcdClient> {
    const untilMs = performance.now() + startsWithinMs;
    while (performance.now() < untilMs) {
      for (const client of this.#clients) if ((await client.status())?.leads === true) return client;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`no etcd process has come to lead within ${startsWithinMs / 1000} s`);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.#processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGKILL');
      await exited;
    }));
  }
}
