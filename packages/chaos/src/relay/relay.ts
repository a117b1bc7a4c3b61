import type { ChaosControl } from '../control/chaos-control.ts';
import type { ChaosDirectory } from '../control/chaos-directory.ts';
import { quietPorts } from '../cluster/ports.ts';
import type { Trouble } from './pipe.ts';
import { RelayedLink } from './relayed-link.ts';
import { RelayedTarget } from './relayed-target.ts';

interface Entry { readonly from: string; readonly to: string; readonly address: string; readonly link: RelayedLink }

/**
 * Stands between managers (and, where asked, between them and their clients), with a port for each that dials and each that is dialled, and
 * does to what passes what the control says. Nobody needs any privilege for that.
 */
export class Relay {
  readonly #directory: ChaosDirectory;
  readonly #targets = new Map<string, RelayedTarget>();
  #entries: readonly Entry[] = [];
  #stopFollowing: () => void = () => {};
  #turn: Promise<void> = Promise.resolve();

  constructor(directory: ChaosDirectory) {
    this.#directory = directory;
  }

  /** Resolves when every link has its port. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stopFollowing = this.#directory.follow((control) => {
        this.#turn = this.#turn.then(() => this.#apply(control));
        this.#turn.then(resolve, reject);
      });
    });
  }

  stop(): void {
    this.#stopFollowing();
    for (const { link } of this.#entries) link.stop();
    for (const target of this.#targets.values()) target.stop();
  }

  async #apply(control: ChaosControl): Promise<void> {
    await this.#follow(control);
    for (const { from, to, link } of this.#entries) link.set(troubleOf(control, from, to), troubleOf(control, to, from));
    await this.#directory.writeLinks({ revision: control.revision, links: this.#entries.map(({ from, to, address, link: { port } }) => ({ from, to, address, port })) });
  }

  /** A link for each pair, with the port that it had. */
  async #follow({ managers, clientGroups }: ChaosControl): Promise<void> {
    const wanted = managers.flatMap(({ id: to, url: address }) => [...managers.map(({ id }) => id as string), ...clientGroups].filter((from) => from !== to).map((from) => ({ from, to: to as string, address })));
    const present = this.#entries.filter((entry) => wanted.some(({ from, to, address }) => entry.from === from && entry.to === to && entry.address === address));
    for (const entry of this.#entries) if (!present.includes(entry)) entry.link.stop();
    const missing = wanted.filter(({ from, to }) => !present.some((entry) => entry.from === from && entry.to === to));
    const ports = await quietPorts(missing.length, managers.map(({ url }) => Number(new URL(url).port)));
    this.#entries = [...present, ...missing.map((pair, place): Entry => ({ ...pair, link: new RelayedLink(ports[place] ?? 0, this.#targetAt(pair.address)) }))];
    await Promise.all([...this.#targets.values()].map((target) => target.check()));
  }

  #targetAt(address: string): RelayedTarget {
    const known = this.#targets.get(address);
    if (known !== undefined) return known;
    const target: RelayedTarget = new RelayedTarget(Number(new URL(address).port), () => { for (const entry of this.#entries) if (entry.address === address) entry.link.review(); });
    this.#targets.set(address, target);
    return target;
  }
}

function troubleOf({ cuts, delays }: ChaosControl, from: string, to: string): Trouble {
  const isThis = (direction: { readonly from: string; readonly to: string }): boolean => direction.from === from && direction.to === to;
  return { cut: cuts.some(isThis), delayMs: Math.max(0, ...delays.filter(isThis).map(({ delayMs }) => delayMs)) };
}
