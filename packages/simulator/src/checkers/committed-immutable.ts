import type { LogWrite } from '@raft-mesh/mesh';
import type { LogIndex, PersistedState, Term } from '@raft-mesh/raft';
import type { Checker } from './checker.ts';
import { Violation } from './checker.ts';
import { ClusterMirror } from './cluster-mirror.ts';
import { LogMirror } from './log-mirror.ts';
import type { Observation } from './observation.ts';

/** What a disk held of the log before the observation, and how far a snapshot of the node's own covers it. */
interface Disk { readonly log: LogMirror; snapshotIndex: LogIndex }

/** A log or disk that held a committed entry keeps it: it is never truncated, replaced or lost, but for a snapshot that covers it. */
export class CommittedImmutable implements Checker {
  readonly name = 'committedImmutable';
  readonly kinds = ['stepped', 'written', 'started', 'snapshotInstalled'] as const;
  readonly #mirror: ClusterMirror;
  readonly #disks = new Map<string, Disk>();

  constructor(mirror = new ClusterMirror()) {
    this.#mirror = mirror;
  }

  observe(observation: Observation): void {
    const mirror = this.#mirror.follow(observation);
    const { node } = observation;
    switch (observation.kind) {
      case 'stepped': {
        const { truncated, status } = mirror;
        if (status === null || truncated === null) return;
        if (this.#isCommitted(truncated.fromIndex, truncated.term)) this.#fail(`${node} truncates its log from entry ${truncated.fromIndex} of term ${truncated.term}, which is committed`);
        return;
      }
      case 'written': this.#write(node, this.#diskOf(node), observation.write); return;
      case 'started': this.#start(node, observation.persisted); return;
      case 'snapshotInstalled': {
        const disk = this.#diskOf(node);
        const { lastIndex, lastTerm } = observation.snapshot;
        const term = this.#mirror.committed.termAt(lastIndex);
        if (lastIndex < disk.snapshotIndex) this.#fail(`${node} installs a snapshot of ${lastIndex} over one of ${disk.snapshotIndex}`);
        if (term !== lastTerm && lastIndex > this.#mirror.committed.baseIndex) this.#fail(`${node} installs a snapshot that ends with entry ${lastIndex} of term ${lastTerm}; committed is ${term === null ? 'nothing there' : `one of term ${term}`}`);
        const beyond = Math.min(disk.log.lastIndex, this.#mirror.committed.lastIndex);
        if (beyond > lastIndex && this.#isCommitted(beyond, disk.log.termAt(beyond) ?? 0)) this.#fail(`${node} installs a snapshot of ${lastIndex} over a log that held what is committed through ${beyond}`);
        disk.log.reset(observation.snapshot);
        disk.snapshotIndex = lastIndex;
        return;
      }
      default:
    }
  }

  #write(node: string, { log, snapshotIndex }: Disk, { truncateFrom, entries }: LogWrite): void {
    if (truncateFrom !== null) {
      // What a snapshot covers may go.
      const fromIndex = Math.max(truncateFrom, snapshotIndex + 1);
      const term = log.entryAt(fromIndex)?.term ?? null;
      const rewrittenTerm = entries[fromIndex - (entries[0]?.index ?? 0)]?.term ?? null;
      if (term !== null && term !== rewrittenTerm && this.#isCommitted(fromIndex, term)) this.#fail(`the disk of ${node} drops entry ${fromIndex} of term ${term}, which is committed`);
      log.truncateFrom(truncateFrom);
    }
    log.append(entries);
  }

  /** What the disk gives back must hold what it held. */
  #start(node: string, persisted: PersistedState): void {
    const { log } = this.#diskOf(node);
    const { committed } = this.#mirror;
    const now = new LogMirror();
    now.load(persisted);
    const snapshotIndex = persisted.snapshot.lastIndex;
    for (let index = Math.min(log.lastIndex, committed.lastIndex); index > snapshotIndex; index--) {
      const term = log.entryAt(index)?.term ?? null;
      if (term === null || !this.#isCommitted(index, term)) continue;
      if (now.termAt(index) !== term) this.#fail(`${node} comes back ${now.termAt(index) === null ? 'without' : 'with another'} entry ${index}, which its disk held and which is committed`);
      // The logs agree below where they agree (log matching).
      break;
    }
    this.#disks.set(node, { log: now, snapshotIndex });
  }

  #isCommitted(index: LogIndex, term: Term): boolean {
    return this.#mirror.committed.at(index)?.term === term;
  }

  #diskOf(node: string): Disk {
    let disk = this.#disks.get(node);
    if (disk === undefined) this.#disks.set(node, disk = { log: new LogMirror(), snapshotIndex: 0 });
    return disk;
  }

  #fail(what: string): never {
    throw new Violation(this.name, what);
  }
}
