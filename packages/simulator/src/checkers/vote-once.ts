import type { Effect, HardState, NodeId, Term } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation, Observed } from './observation.ts';

interface Grant { readonly term: Term; readonly to: NodeId; readonly after: number }

/** A node grants its vote to one candidate a term, over all its lives, and says so only when the vote is on its disk (paper §5.2). */
export class VoteOnce implements Checker {
  readonly name = 'voteOnce';
  readonly #mirror: ClusterMirror;
  readonly #granted = new Map<NodeId, Map<Term, NodeId>>();
  /** Grants that wait for a write. Whatever waits when a node dies was never said. */
  readonly #waiting = new Map<NodeId, Grant[]>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation, observed: Observed): void {
    const mirror = this.#mirror.follow(observation);
    const { node } = observation;
    switch (observation.kind) {
      case 'stepped': {
        const { input, effects } = observation.step;
        if (mirror.status === null) return;
        if (input.type === 'written') this.#release(node, input.writeId);
        for (const effect of effects) if (effect.type === 'send') this.#send(mirror, effect, observed);
        return;
      }
      case 'sent': {
        const { message, to } = observation;
        if (message.type !== 'voteResponse' || !message.granted) return;
        this.#checkDurable(node, message.term, to, observed.durableHardState(node));
        this.#grant(node, message.term, to);
        return;
      }
      case 'started': case 'crashed': case 'stopped': case 'retired': this.#waiting.delete(node); return;
      default:
    }
  }

  #send({ id, outstanding }: NodeMirror, { to, message, after }: Extract<Effect, { type: 'send' }>, observed: Observed): void {
    if (message.type !== 'voteResponse' || !message.granted) return;
    const { term } = message;
    // By the time the message leaves, the writes up to the one it names are done.
    const pending = after === null ? undefined : outstanding.findLast(({ writeId, hardState }) => writeId <= after && hardState !== null);
    this.#checkDurable(id, term, to, pending?.hardState ?? observed.durableHardState(id));
    if (after === null || !outstanding.some(({ writeId }) => writeId <= after)) {
      this.#grant(id, term, to);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) this.#waiting.set(id, [{ term, to, after }]);
    else waiting.push({ term, to, after });
  }

  #release(node: NodeId, writeId: number): void {
    const waiting = this.#waiting.get(node);
    if (waiting === undefined) return;
    while ((waiting[0]?.after ?? Infinity) <= writeId) {
      const grant = waiting.shift();
      if (grant !== undefined) this.#grant(node, grant.term, grant.to);
    }
  }

  /** A later term on disk proves that the earlier one, and its vote, were there. */
  #checkDurable(node: NodeId, term: Term, to: NodeId, { term: durableTerm, votedFor }: HardState): void {
    if (durableTerm > term || (durableTerm === term && votedFor === to)) return;
    throw new Violation(this.name, `${node} grants ${to} its vote in term ${term} with term ${durableTerm} and a vote for ${String(votedFor)} on its disk`);
  }

  #grant(node: NodeId, term: Term, to: NodeId): void {
    let granted = this.#granted.get(node);
    if (granted === undefined) this.#granted.set(node, granted = new Map());
    const before = granted.get(term);
    if (before !== undefined && before !== to) throw new Violation(this.name, `${node} grants its vote in term ${term} to ${to}, and granted it to ${before} before`);
    granted.set(term, to);
  }
}
