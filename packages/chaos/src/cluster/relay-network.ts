import { join } from 'node:path';
import { calmControl, type ChaosControl, type Direction } from '../control/chaos-control.ts';
import type { ChaosDirectory } from '../control/chaos-directory.ts';
import { built } from './built.ts';
import { Child } from './child.ts';
import { managerIds, type ClusterNetwork } from './cluster-network.ts';
import { quietPorts } from './ports.ts';

const stopGraceMs = 3_000;
const host = '127.0.0.1';

/** Loopback, with a relay between all that dial each other: for anyone, on any machine. */
export class RelayNetwork implements ClusterNetwork {
  readonly managers: ClusterNetwork['managers'];
  readonly can = { slowLinks: true, partClients: true };
  readonly #chaos: ChaosDirectory;
  readonly #relay: Child;
  readonly #logFile: string;

  private constructor(managers: ClusterNetwork['managers'], chaos: ChaosDirectory, relay: Child, logFile: string) {
    this.managers = managers;
    this.#chaos = chaos;
    this.#relay = relay;
    this.#logFile = logFile;
  }

  static async start(count: number, clientGroups: readonly string[], chaos: ChaosDirectory, logs: string): Promise<RelayNetwork> {
    const ports = await quietPorts(count);
    const managers = managerIds(count).map((id, place) => ({ id, url: `http://${host}:${ports[place] ?? 0}`, host }));
    await chaos.create(calmControl(managers.map(({ id, url }) => ({ id, url })), clientGroups));
    const logFile = join(logs, 'relay.log');
    const relay = new Child({ entry: built('relay/main.js'), args: [chaos.directory], logFile });
    await relay.ready;
    return new RelayNetwork(managers, chaos, relay, logFile);
  }

  runBy(): readonly string[] {
    return [];
  }

  async setLinks(cuts: readonly Direction[], delays: ChaosControl['delays']): Promise<void> {
    const { revision } = await this.#chaos.change((control) => ({ ...control, cuts: [...cuts], delays: [...delays] }));
    if (!await this.#chaos.applied(revision)) throw new Error(`the relay did not follow; its log: ${this.#logFile}`);
  }

  dialAddress(group: string): (address: string) => string {
    return this.#chaos.dialAddress(group);
  }

  stop(): Promise<void> {
    return this.#relay.stop(stopGraceMs);
  }
}
