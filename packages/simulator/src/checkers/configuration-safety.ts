import type { Configuration, ConfigurationEntry, LogIndex, SnapshotMeta } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import type { NodeMirror } from './node-mirror.ts';
import type { Observation } from './observation.ts';
import { describeVoters, doQuorumsIntersect } from './quorums.ts';
import { isSameConfiguration } from './same.ts';

/**
 * A configuration is in force from when it is appended; no quorum of one decides apart from the next; a leader appends one at a
 * time, and none before it has committed an entry of its term (paper §6, Ongaro 2015); snapshots carry the one of their end.
 */
export class ConfigurationSafety implements Checker {
  readonly name = 'configurationSafety';
  readonly kinds = ['started', 'snapshotInstalled', 'stepped'] as const;
  readonly #mirror: ClusterMirror;
  readonly #committed: { readonly index: LogIndex; readonly configuration: Configuration }[] = [];

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const mirror = this.#mirror.follow(observation);
    switch (observation.kind) {
      case 'started': this.#start(mirror, observation.persisted.snapshot); return;
      case 'snapshotInstalled': this.#checkSnapshot(mirror, observation.snapshot); return;
      case 'stepped': {
        const { input, effects } = observation.step;
        if (mirror.status === null) return;
        this.#commit(mirror);
        if (input.type === 'snapshotTaken') this.#checkSnapshot(mirror, input.snapshot);
        let hasWritten = false;
        for (const effect of effects) {
          if (effect.type !== 'write') continue;
          hasWritten = true;
          for (const entry of effect.entries) if (entry.kind === 'configuration') this.#appended(mirror, entry);
        }
        if (hasWritten || mirror.before?.configuration !== mirror.status.configuration) this.#checkInForce(mirror);
        return;
      }
      default:
    }
  }

  #start(mirror: NodeMirror, snapshot: SnapshotMeta): void {
    if (this.#committed.length === 0) this.#committed.push({ index: snapshot.lastIndex, configuration: snapshot.configuration });
    else this.#checkSnapshot(mirror, snapshot);
  }

  #commit({ commitIndex }: NodeMirror): void {
    const { committed, newlyCommittedFrom } = this.#mirror;
    if (newlyCommittedFrom === null) return;
    for (let index = newlyCommittedFrom; index <= commitIndex; index++) {
      const entry = committed.at(index)?.entry ?? null;
      if (entry?.kind !== 'configuration') continue;
      const before = this.#committed.at(-1)?.configuration;
      if (before !== undefined) this.#checkIntersects('is committed', before, entry);
      this.#committed.push({ index, configuration: entry.configuration });
    }
  }

  #appended({ id, log, led, status }: NodeMirror, entry: ConfigurationEntry): void {
    const { configurations } = log;
    const position = configurations.findIndex(({ index }) => index === entry.index);
    const placed = configurations[position - 1];
    // A node that has just come begins with where it finds the others, which is no configuration of the log.
    const before = placed === undefined || placed.index <= this.#mirror.committed.baseIndex ? this.#committed[0] : placed;
    if (before !== undefined) this.#checkIntersects(`is appended by ${id}`, before.configuration, entry);
    if (led === null || entry.term !== led.term || status === null) return;
    const uncommitted = configurations.filter(({ index }) => index > status.commitIndex);
    if (uncommitted.length > 1) this.#fail(`${id} leads term ${led.term} with ${uncommitted.length} configurations that are not committed, at ${uncommitted.map(({ index }) => index).join(', ')}`);
    if (log.termAt(status.commitIndex) !== led.term) this.#fail(`${id} appends a configuration at ${entry.index} before it has committed an entry of its term ${led.term}`);
  }

  #checkInForce({ id, status, log }: NodeMirror): void {
    const { configuration } = log;
    if (status === null || configuration === null || configuration === status.configuration || isSameConfiguration(configuration, status.configuration)) return;
    this.#fail(`${id} goes by ${describeVoters(status.configuration)} at ${status.configurationIndex}; the last configuration in its log is ${describeVoters(configuration)} at ${log.configurations.at(-1)?.index ?? 0}`);
  }

  #checkSnapshot({ id }: NodeMirror, { lastIndex, configuration }: SnapshotMeta): void {
    // What begins a node, before anything is committed, is nobody's but its own.
    if (lastIndex <= this.#mirror.committed.baseIndex) return;
    const due = this.#committed.findLast(({ index }) => index <= lastIndex)?.configuration;
    if (due !== undefined && !isSameConfiguration(due, configuration)) this.#fail(`the snapshot of ${lastIndex} on ${id} carries ${describeVoters(configuration)}; committed by then is ${describeVoters(due)}`);
  }

  #checkIntersects(what: string, before: Configuration, { index, configuration }: ConfigurationEntry): void {
    if (configuration.voters.length === 0) this.#fail(`a configuration without voters ${what} at ${index}`);
    if (!doQuorumsIntersect(before, configuration)) this.#fail(`${describeVoters(configuration)} ${what} at ${index} after ${describeVoters(before)}: quorums of the two can decide apart`);
  }

  #fail(what: string): never {
    throw new Violation(this.name, what);
  }
}
