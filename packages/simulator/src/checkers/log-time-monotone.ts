import type { Entry } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { LogMirror } from './log-mirror.ts';
import type { Observation } from './observation.ts';

/** Log time never falls: from entry to entry, on a node in one life, and behind what the node has applied. */
export class LogTimeMonotone implements Checker {
  readonly name = 'logTimeMonotone';
  readonly kinds = ['started', 'stepped', 'applied'] as const;
  readonly #mirror: ClusterMirror;
  /** Log time of the last entry applied in this life. */
  readonly #applied = new Map<string, number>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const { log, status, before } = this.#mirror.follow(observation);
    const { node } = observation;
    switch (observation.kind) {
      case 'started': this.#applied.set(node, observation.persisted.snapshot.logTimeMs); return;
      case 'stepped':
        if (status === null) return;
        for (const effect of observation.step.effects) if (effect.type === 'write' && effect.entries.length > 0) this.#checkEntries(node, effect.entries, log);
        if (before !== null && status.logTimeMs < before.logTimeMs) this.#fell(`the log time of ${node}`, before.logTimeMs, status.logTimeMs);
        if (status.logTimeMs < (this.#applied.get(node) ?? 0)) this.#fell(`the log time of ${node}, behind what it has applied,`, this.#applied.get(node) ?? 0, status.logTimeMs);
        return;
      case 'applied': {
        const { index, logTimeMs } = observation.step.entry;
        const appliedMs = this.#applied.get(node) ?? 0;
        if (logTimeMs < appliedMs) this.#fell(`the log time that ${node} applies with entry ${index}`, appliedMs, logTimeMs);
        this.#applied.set(node, logTimeMs);
        return;
      }
      default:
    }
  }

  #checkEntries(node: string, entries: readonly Entry[], log: LogMirror): void {
    for (const { index, logTimeMs } of entries) {
      const previous = log.entryAt(index - 1);
      if (previous !== null && logTimeMs < previous.logTimeMs) this.#fell(`on ${node} the log time of entry ${index}`, previous.logTimeMs, logTimeMs);
    }
  }

  #fell(what: string, fromMs: number, toMs: number): never {
    throw new Violation(this.name, `${what} fell from ${fromMs} ms to ${toMs} ms`);
  }
}
