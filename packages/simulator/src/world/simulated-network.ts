import type { Dialer, LinkAcceptor, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshIdentity, WireMessage } from '@raft-mesh/protocol';
import type { Message } from '@raft-mesh/raft';
import { Carriage } from './carriage.ts';
import { Path } from './path.ts';
import type { PathOptions } from './path.ts';
import { SimulatedLink } from './simulated-link.ts';
import type { LinkNetwork } from './simulated-link.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedRandom } from './simulated-random.ts';

export interface NetworkOptions extends Omit<PathOptions, 'random'> {
  readonly mesh: MeshIdentity;
  /** A stream of draws of its own for each name. */
  readonly randomFor: (name: string) => SimulatedRandom;
  readonly onSent: (from: string, to: string, message: Message) => void;
  readonly onDelivered: (from: string, to: string, message: WireMessage, sizeBytes: number) => void;
}

interface Listener {
  readonly process: SimulatedProcess;
  readonly acceptor: LinkAcceptor;
}

/** How the others learn that a process has died: at once, by a reset, or only by its silence. */
export type DeathNotice = 'reset' | 'silence';

/** Links between processes over paths that can be slow, cut, clogged, lossy. An address where no process lives refuses, or keeps silent when its machine is gone. */
export class SimulatedNetwork implements LinkNetwork {
  readonly mesh: MeshIdentity;
  readonly carriage: Carriage;
  readonly #options: NetworkOptions;
  readonly #paths = new Map<string, Path>();
  readonly #listeners = new Map<string, Listener>();
  readonly #links = new Set<SimulatedLink>();
  /** Addresses whose whole machine is gone. */
  readonly #silent = new Set<string>();

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.mesh = options.mesh;
    this.carriage = new Carriage(options.mesh, options.randomFor('codec'));
  }

  path(from: string, to: string): Path {
    const key = `${from} ${to}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const path = new Path({ ...this.#options, random: this.#options.randomFor(`path ${key}`) });
    this.#paths.set(key, path);
    return path;
  }

  /** A process lives here from now on: what was said to an earlier one is never brought again. */
  listen(address: string, process: SimulatedProcess, acceptor: LinkAcceptor): void {
    this.#silent.delete(address);
    this.#listeners.set(address, { process, acceptor });
    for (const [key, path] of this.#paths) if (key.endsWith(` ${address}`)) path.forget();
  }

  /** Opens links for one life of a process. */
  dialer(from: string, process: SimulatedProcess): Dialer {
    return { dial: (to, _mesh, handlers) => this.#dial(from, to, process, handlers) };
  }

  /** The process at this address has died. */
  died(address: string, notice: DeathNotice): void {
    this.#listeners.delete(address);
    if (notice === 'silence') this.#silent.add(address);
    for (const link of this.#links) {
      if (link.local !== address || link.isOver) continue;
      if (notice === 'reset') link.hangUp({ cause: 'lost' });
      else link.abandon();
    }
    this.#sweep();
  }

  /** Breaks every link between two addresses: both ends see it lost, and what was on its way is gone. */
  breakLinks(a: string, b: string): number {
    let broken = 0;
    for (const link of this.#links) {
      const isBetween = (link.local === a && link.remote === b) || (link.local === b && link.remote === a);
      const { process } = link;
      if (!isBetween || link.isOver || process === null) continue;
      broken += 1;
      process.run(() => link.break());
    }
    this.#sweep();
    return broken;
  }

  /** A sender of another incarnation lives at this address: nothing of the earlier one comes again in its name. */
  forget(address: string): void {
    for (const [key, path] of this.#paths) if (key.startsWith(`${address} `) || key.endsWith(` ${address}`)) path.forget();
  }

  answersAt(address: string): boolean {
    return this.#listeners.has(address);
  }

  onDial(accepted: SimulatedLink): void {
    const { local } = accepted;
    const listener = this.#listeners.get(local);
    if (listener === undefined) {
      if (this.#silent.has(local)) accepted.abandon();
      else accepted.hangUp({ cause: 'refused' });
      return;
    }
    accepted.process = listener.process;
    listener.process.run(() => {
      if (accepted.isOver) return;
      accepted.handlers = listener.acceptor.accept(accepted);
      accepted.opened();
    });
  }

  onSent(from: string, to: string, message: Message): void {
    this.#options.onSent(from, to, message);
  }

  onDelivered(from: string, to: string, message: WireMessage, sizeBytes: number): void {
    this.#options.onDelivered(from, to, message, sizeBytes);
  }

  #dial(from: string, to: string, process: SimulatedProcess, handlers: LinkHandlers): SimulatedLink {
    const dialed = new SimulatedLink(from, to, process, this, this.path(from, to));
    const accepted = new SimulatedLink(to, from, null, this, this.path(to, from));
    dialed.pairWith(accepted);
    accepted.pairWith(dialed);
    dialed.handlers = handlers;
    this.#links.add(dialed);
    this.#links.add(accepted);
    if (this.#links.size % 64 === 0) this.#sweep();
    dialed.dial();
    return dialed;
  }

  #sweep(): void {
    for (const link of this.#links) if (link.isOver) this.#links.delete(link);
  }
}
