import type { Entry, LogIndex, Message, NodeId, VoteRequest } from '@raft-mesh/raft';
import { DrivenNode } from '../harness/driven-node.ts';
import type { Start } from '../harness/fixtures.ts';

export const five = ['a', 'b', 'c', 'd', 'e'] as const;

export function voteRequest(term: number, lastIndex = 0, lastTerm = 0): VoteRequest {
  return { type: 'voteRequest', term, lastIndex, lastTerm, transfer: false };
}

/** Asks for a vote and says whether it was given. */
export function votes(node: DrivenNode, candidate: string, request: VoteRequest): boolean {
  node.receive(candidate, request);
  return node.lastSent('voteResponse', candidate).granted;
}

/** A node that has won the pre-votes of `friends` and asks for votes now; its own vote is not durable yet. */
export function candidate(name: string, start: Start = {}, ...friends: readonly string[]): DrivenNode {
  const node = new DrivenNode(name, start);
  node.timeout();
  node.grantPreVotes(...(friends.length > 0 ? friends : ['b']));
  if (node.status.role !== 'candidate') throw new Error(`is ${node.status.role}, not candidate`);
  return node;
}

export function grant(node: DrivenNode, ...voters: readonly string[]): void {
  for (const voter of voters) node.receive(voter, { type: 'voteResponse', term: node.status.term, granted: true });
}

export function reject(node: DrivenNode, from: string, previousIndex: LogIndex, hintIndex: LogIndex, hintTerm: number): void {
  node.receive(from, { type: 'appendRejected', term: node.status.term, previousIndex, hintIndex, hintTerm, readContext: 0 });
}

/** The indexes handed to the state machine so far, in order. */
export function applied(node: DrivenNode): readonly LogIndex[] {
  return node.all('apply').flatMap(({ entries }) => entries.map(({ index }) => index));
}

export function termsOf(entries: readonly Entry[]): readonly number[] {
  return entries.map(({ term }) => term);
}

/** What is on the disk of a node that began with `entries`, once all its writes are done. */
export function logOnDisk(node: DrivenNode, entries: readonly Entry[] = []): readonly Entry[] {
  return node.all('write').reduce<readonly Entry[]>((log, { truncateFrom, entries: added }) => [...log.filter(({ index }) => truncateFrom === null || index < truncateFrom), ...added], entries);
}

/** The same node after a crash: only what it gave to its disk is left. */
export function restarted(node: DrivenNode, start: Start = {}): DrivenNode {
  const hardState = node.all('write').findLast((write) => write.hardState !== null)?.hardState;
  const entries = logOnDisk(node, start.entries);
  return new DrivenNode(node.status.id, { ...start, entries, ...(hardState == null ? {} : { term: hardState.term, votedFor: hardState.votedFor }) });
}

/** Some nodes whose disks are fast and whose messages arrive at once, but for those that are cut off. */
export class Group {
  readonly #nodes = new Map<NodeId, DrivenNode>();
  readonly #seen = new Map<NodeId, number>();
  readonly #entries = new Map<NodeId, readonly Entry[]>();
  readonly #cut = new Set<string>();
  readonly #applied = new Map<NodeId, Entry[]>();

  constructor(starts: Readonly<Record<string, Start>>) {
    for (const [name, start] of Object.entries(starts)) this.add(name, { voters: Object.keys(starts), ...start });
  }

  /** A new node, or a new life of one that is here. */
  add(name: string, start: Start): DrivenNode {
    const node = new DrivenNode(name, start);
    node.now = Math.max(node.now, ...[...this.#nodes.values()].map(({ now }) => now));
    this.#nodes.set(node.status.id, node);
    this.#seen.set(node.status.id, 0);
    this.#applied.set(node.status.id, []);
    this.#entries.set(node.status.id, start.entries ?? []);
    return node;
  }

  get nodes(): readonly DrivenNode[] { return [...this.#nodes.values()]; }

  node(name: string): DrivenNode {
    const node = this.#nodes.get(name as NodeId);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  log(name: string): readonly Entry[] {
    return logOnDisk(this.node(name), this.#entries.get(name as NodeId));
  }

  applied(name: string): readonly Entry[] { return this.#applied.get(name as NodeId) ?? []; }

  /** Nothing reaches these or comes from them until `heal`. */
  cut(...names: readonly string[]): this {
    for (const name of names) this.#cut.add(name);
    return this;
  }

  heal(): this {
    this.#cut.clear();
    return this;
  }

  /** Completes writes, applies and passes messages on until all are silent. No time passes. */
  settle(): this {
    for (let round = 0; this.#pass(); round++) if (round > 500) throw new Error('they never fall silent');
    return this;
  }

  /** The node times out until it is elected; the others' clocks go along, and nobody else times out. Throws when it is not within five attempts. */
  elect(name: string): this {
    const node = this.node(name);
    const before = node.status.term;
    const isElected = (): boolean => node.all('roleChanged').some(({ role, term }) => role === 'leader' && term > before);
    for (let attempt = 0; attempt < 5 && !isElected(); attempt++) {
      node.timeout();
      for (const other of this.nodes) other.now = Math.max(other.now, node.now);
      this.settle();
    }
    if (!isElected()) throw new Error(`${name} was not elected, is ${node.status.role}`);
    return this;
  }

  /** The leader's next heartbeat. */
  beat(name: string): this {
    const node = this.node(name);
    node.timeout();
    for (const other of this.nodes) other.now = Math.max(other.now, node.now);
    return this.settle();
  }

  propose(name: string, ...texts: readonly string[]): this {
    this.node(name).propose(...texts);
    return this.settle();
  }

  #pass(): boolean {
    let busy = false;
    for (const [id, node] of this.#nodes) {
      const fresh = node.effects.slice(this.#seen.get(id) ?? 0);
      if (fresh.length === 0) continue;
      busy = true;
      this.#seen.set(id, node.effects.length);
      node.write();
      for (const effect of fresh) {
        if (effect.type === 'send') this.#deliver(id, effect.to, effect.message);
        else if (effect.type === 'apply') {
          this.#applied.set(id, [...this.applied(id), ...effect.entries]);
          node.give({ type: 'applied', index: effect.entries.at(-1)?.index ?? 0 });
        }
      }
    }
    return busy;
  }

  #deliver(from: NodeId, to: NodeId, message: Message): void {
    if (!this.#cut.has(from) && !this.#cut.has(to)) this.#nodes.get(to)?.receive(from, message);
  }
}
