import type { Clock, Dialer, Link, LinkAcceptor, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshId, MeshIdentity, ProtocolError } from '@raft-mesh/protocol';
import { MemoryLink, type PathConditions } from './memory-link.ts';

interface Listener {
  readonly mesh: MeshIdentity;
  readonly acceptor: LinkAcceptor;
}

/** A pair of addresses, whichever way round. */
function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/**
 * Links in memory: every message is encoded when sent and decoded when delivered, by the real codec, in order, after the latency of
 * its pair of addresses. An address where nobody listens refuses; a cut path holds everything back, as TCP does, until it heals.
 */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #links = new Set<MemoryLink>();
  readonly #cut = new Set<string>();
  readonly #latencyMs = new Map<string, number>();
  /** For pairs without a latency of their own, one way, in ms. */
  latencyMs: number;
  readonly #noticesEnds: boolean;

  /** `noticesEnds`: links say that nobody has to ping on them (see `Link.noticeEnd`). */
  constructor(options: { readonly clock: Clock; readonly latencyMs?: number; readonly noticesEnds?: boolean }) {
    this.#clock = options.clock;
    this.latencyMs = options.latencyMs ?? 1;
    this.#noticesEnds = options.noticesEnds ?? false;
  }

  /** Takes in links at an address for one mesh; several meshes may share an address. Returns what stops listening (open links stay). */
  listen(address: string, mesh: MeshIdentity, acceptor: LinkAcceptor): () => void {
    const listener: Listener = { mesh, acceptor };
    const others = this.#listeners.get(address) ?? [];
    if (others.some((other) => other.mesh.mesh === mesh.mesh)) throw new Error(`Mesh ${mesh.mesh} has a listener at ${address} already.`);
    this.#listeners.set(address, [...others, listener]);
    return () => {
      const left = (this.#listeners.get(address) ?? []).filter((other) => other !== listener);
      if (left.length === 0) this.#listeners.delete(address);
      else this.#listeners.set(address, left);
    };
  }

  /** Opens links from this address. */
  dialer(from: string): Dialer {
    return { dial: (to, { mesh, incarnation }, handlers) => this.#dial(from, to, { mesh: mesh as MeshId, incarnation }, handlers) };
  }

  /** One-way latency between two addresses, in ms. */
  setLatency(a: string, b: string, latencyMs: number): void {
    this.#latencyMs.set(pairOf(a, b), latencyMs);
  }

  /** Nothing passes between two addresses until `heal`: links and dials stay as they are, without an answer. */
  cut(a: string, b: string): void {
    this.#cut.add(pairOf(a, b));
  }

  /** Ends one cut, or all of them. What was held back is delivered. */
  heal(a?: string, b?: string): void {
    if (a === undefined || b === undefined) this.#cut.clear();
    else this.#cut.delete(pairOf(a, b));
    for (const link of this.#links) link.resume();
  }

  /** Cuts an address off from all others that have links with it, and from those to come. */
  isolate(address: string, others: Iterable<string>): void {
    for (const other of others) if (other !== address) this.cut(address, other);
  }

  /** Breaks every link between two addresses at once: both ends see it lost, what was on its way is gone. */
  breakLinks(a: string, b: string): void {
    for (const link of this.#links) if (pairOf(link.local, link.remote) === pairOf(a, b)) link.end({ cause: 'lost' });
  }

  /** The process at this address dies: it hears nothing more, the others see their links to it lost, and dials are refused. */
  kill(address: string): void {
    this.#listeners.delete(address);
    for (const link of this.#links) {
      if (link.local !== address) continue;
      link.dispatch({ kind: 'end', end: { cause: 'lost' } });
      link.silence();
    }
  }

  isListening(address: string): boolean {
    return this.#listeners.has(address);
  }

  /** Ends of links that are not over, for assertions on leaks. */
  get openLinkEnds(): number {
    return this.#links.size;
  }

  #dial(from: string, to: string, mesh: MeshIdentity, handlers: LinkHandlers): Link {
    const conditions: PathConditions = {
      clock: this.#clock,
      isCut: () => this.#cut.has(pairOf(from, to)),
      latencyMs: () => this.#latencyMs.get(pairOf(from, to)) ?? this.latencyMs,
      noticesEnds: this.#noticesEnds,
      onDial: (accepted) => this.#answerDial(accepted, to, mesh),
      onOver: (link) => { this.#links.delete(link); },
    };
    const dialed = new MemoryLink(from, to, mesh, conditions);
    const accepted = new MemoryLink(to, from, mesh, conditions);
    dialed.pairWith(accepted);
    accepted.pairWith(dialed);
    this.#links.add(dialed);
    this.#links.add(accepted);
    dialed.handlers = handlers;
    dialed.dispatch({ kind: 'dial' });
    return dialed;
  }

  #answerDial(accepted: MemoryLink, address: string, mesh: MeshIdentity): void {
    const listeners = this.#listeners.get(address);
    const listener = listeners?.find((candidate) => candidate.mesh.mesh === mesh.mesh);
    if (listener !== undefined && listener.mesh.incarnation === mesh.incarnation) {
      accepted.handlers = listener.acceptor.accept(accepted);
      accepted.dispatch({ kind: 'opened' });
      return;
    }
    const end: LinkEnd = listeners === undefined
      ? { cause: 'refused' }
      : { cause: 'closedThere', error: listener === undefined ? wrongMesh(mesh) : wrongIncarnation(mesh, listener.mesh.incarnation) };
    accepted.dispatch({ kind: 'end', end });
    accepted.silence();
  }
}

function wrongMesh(mesh: MeshIdentity): ProtocolError {
  return { code: 'wrongMesh', message: `No manager of mesh ${mesh.mesh} listens here.`, next: 'Check the address and the name of the mesh.' };
}

function wrongIncarnation(mesh: MeshIdentity, incarnation: number): ProtocolError {
  return { code: 'wrongIncarnation', message: `Mesh ${mesh.mesh} is in incarnation ${incarnation} here, not ${mesh.incarnation}.`, next: 'Come back in that incarnation.', incarnation };
}
