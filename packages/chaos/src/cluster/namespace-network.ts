import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ManagerId } from '@raft-mesh/protocol';
import { calmControl, type Direction } from '../control/chaos-control.ts';
import type { ChaosDirectory } from '../control/chaos-directory.ts';
import { managerIds, type ClusterNetwork } from './cluster-network.ts';

const run = promisify(execFile);
const ip = async (...args: readonly string[]): Promise<string> => (await run('ip', [...args])).stdout;

const namespacePrefix = 'rmesh';
const port = 7070;

/**
 * A network namespace for each manager, and one that routes between them and to this process. What is cut is dropped on the way by the
 * kernel: no packet is answered, and nobody is told. For root on Linux.
 */
export class NamespaceNetwork implements ClusterNetwork {
  readonly managers: ClusterNetwork['managers'];
  readonly can = { slowLinks: false, partClients: false };
  readonly #prefix: string;
  readonly #addresses: ReadonlyMap<string, string>;
  #cuts: readonly Direction[] = [];

  private constructor(count: number) {
    this.#prefix = `${namespacePrefix}${process.pid}`;
    const subnet = `10.213.${process.pid % 256}`;
    this.managers = managerIds(count).map((id, place) => ({ id, host: `${subnet}.${place + 11}`, url: `http://${subnet}.${place + 11}:${port}` }));
    this.#addresses = new Map(this.managers.map(({ id, host }) => [id, host]));
  }

  /** Throws when this process may not make namespaces. */
  static async start(count: number, chaos: ChaosDirectory): Promise<NamespaceNetwork> {
    const network = new NamespaceNetwork(count);
    await chaos.create(calmControl(network.managers.map(({ id, url }) => ({ id, url }))));
    await removeNamespacesOfTheDead();
    try {
      await network.#build();
    } catch (error) {
      await network.stop();
      throw new Error(`Network namespaces cannot be made here: ${error instanceof Error ? error.message : String(error)} They take root on Linux; without --netns a relay does the same.`, { cause: error });
    }
    return network;
  }

  runBy(id: ManagerId): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace(id)];
  }

  async setLinks(cuts: readonly Direction[]): Promise<void> {
    const known = cuts.filter(({ from, to }) => this.#addresses.has(from) && this.#addresses.has(to));
    const isIn = (list: readonly Direction[], cut: Direction): boolean => list.some(({ from, to }) => from === cut.from && to === cut.to);
    const distinct = known.filter((cut, place) => known.findIndex(({ from, to }) => from === cut.from && to === cut.to) === place);
    for (const cut of this.#cuts) if (!isIn(distinct, cut)) await this.#rule('del', cut);
    for (const cut of distinct) if (!isIn(this.#cuts, cut)) await this.#rule('add', cut);
    this.#cuts = distinct;
  }

  dialAddress(): (address: string) => string {
    return (address) => address;
  }

  async stop(): Promise<void> {
    // Their links go with them, and so does the one to here.
    for (const name of ['hub', ...this.managers.map(({ id }) => id)]) await ip('netns', 'del', this.#namespace(name)).catch(() => '');
  }

  async #build(): Promise<void> {
    const hub = this.#namespace('hub');
    const subnet = this.managers[0]?.host.split('.').slice(0, 3).join('.') ?? '';
    const here = `${subnet}.1`;
    await ip('netns', 'add', hub);
    await ip('-n', hub, 'link', 'set', 'lo', 'up');
    await this.#connect(hub, 'here', null, `${namespacePrefix}${process.pid}`, here);
    await ip('route', 'add', `${subnet}.0/24`, 'dev', `${namespacePrefix}${process.pid}`, 'src', here);
    for (const { id, host } of this.managers) {
      await ip('netns', 'add', this.#namespace(id));
      await this.#connect(hub, id, this.#namespace(id), 'eth0', host);
      await ip('-n', this.#namespace(id), 'link', 'set', 'lo', 'up');
      await ip('-n', this.#namespace(id), 'route', 'add', 'default', 'dev', 'eth0');
    }
    // The hub answers for everyone, at once (by default a proxy waits up to 0.8 s), and passes on what is not for it.
    await run('ip', ['netns', 'exec', hub, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/proxy_arp; do echo 1 > $f; done; for f in /proc/sys/net/ipv4/neigh/*/proxy_delay; do echo 0 > $f; done; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done']);
  }

  /** A cable from the hub to a namespace, or to where this process is. */
  async #connect(hub: string, hubEnd: string, namespace: string | null, end: string, address: string): Promise<void> {
    const there = namespace === null ? [] : ['-n', namespace];
    await ip('link', 'add', end, ...(namespace === null ? [] : ['netns', namespace]), 'type', 'veth', 'peer', 'name', hubEnd, 'netns', hub);
    await ip(...there, 'addr', 'add', `${address}/32`, 'dev', end);
    await ip(...there, 'link', 'set', end, 'up');
    await ip('-n', hub, 'link', 'set', hubEnd, 'up');
    await ip('-n', hub, 'route', 'add', `${address}/32`, 'dev', hubEnd);
  }

  async #rule(change: 'add' | 'del', { from, to }: Direction): Promise<void> {
    await ip('-n', this.#namespace('hub'), 'rule', change, 'from', this.#addresses.get(from) ?? '', 'to', this.#addresses.get(to) ?? '', 'blackhole');
  }

  #namespace(name: string): string {
    return `${this.#prefix}-${name}`;
  }
}

/** A run that was killed leaves its namespaces behind. */
async function removeNamespacesOfTheDead(): Promise<void> {
  const names = (await ip('netns', 'list').catch(() => '')).split('\n').flatMap((line) => line.split(' ')[0] ?? []);
  for (const name of names) {
    const pid = new RegExp(`^${namespacePrefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await ip('netns', 'del', name).catch(() => '');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
