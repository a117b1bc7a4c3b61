import type { ManagerStore } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { Configuration, PersistedState } from '@raft-mesh/raft';
import { Violation } from '../../checkers/checker.ts';
import type { Damage, Disk } from '../disk.ts';
import type { DiskOptions } from '../simulated-disk.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { FileTree } from './file-tree.ts';
import { FlushQueue, once } from './flush-queue.ts';
import { Ledger, describeState } from './ledger.ts';
import { filesAtOnce, filesOfLife } from './life-files.ts';
import { ObservedStore } from './observed-store.ts';
import type { StoreOnFiles } from './store-files.ts';

export interface FileDiskOptions extends DiskOptions {
  readonly identity: ManagerIdentity;
  readonly store: StoreOnFiles;
  /** A file of the log that has grown to this is followed by a new one. */
  readonly segmentBytesMax: number;
  readonly violated: (violation: Violation) => void;
}

const directory = '/manager';
// Dead or alive, there is one process.
const lock = async (): Promise<{ release(): Promise<void> }> => ({ release: async () => {} });

const damageTexts: Readonly<Record<Damage, string>> = {
  bitFlip: 'a bit has flipped in what was flushed', misdirectedWrite: 'a write went astray: a place holds what belongs elsewhere',
};

/**
 * A disk with files, under the store that real managers use. Only what was flushed is sure to survive a crash: of all else some sectors
 * may be there, and some names. What the store has acknowledged is kept in a ledger, and held against what it finds after a crash.
 */
export class FileDisk implements Disk {
  readonly #options: FileDiskOptions;
  readonly #tree = new FileTree();
  readonly #queue: FlushQueue;
  readonly #ledger: Ledger;
  readonly #configuration: Configuration;
  #created = false;
  #full = 0;
  /** Something has failed in this life of its process. */
  #broken = false;
  #tears = false;
  /** A process has it open, or is about to. */
  #isOpen = false;
  /** It was damaged under a process, which may not have noticed. */
  #damagedWhileOpen = false;

  constructor(configuration: Configuration, options: FileDiskOptions) {
    this.#options = options;
    this.#configuration = configuration;
    this.#ledger = new Ledger(configuration);
    this.#queue = new FlushQueue({
      ...options,
      onFailed: () => {
        this.#broken = true;
        options.happened('flushFailure');
      },
    });
  }

  get platter(): Ledger {
    return this.#ledger;
  }

  get hasFailed(): boolean {
    return this.#broken || this.#ledger.damage !== null;
  }

  openStore(process: SimulatedProcess, onLoaded: (persisted: PersistedState) => void): ManagerStore {
    this.#isOpen = true;
    return new ObservedStore({
      ledger: this.#ledger, open: () => this.#open(process), onDurable: this.#options.onDurable,
      onLoaded: (persisted) => {
        this.#compare(persisted);
        onLoaded(persisted);
      },
    });
  }

  crash(): void {
    const { random, tornPerMille, happened } = this.#options;
    this.#queue.crash();
    this.#broken = false;
    this.#isOpen = false;
    this.#damagedWhileOpen = false;
    const tears = this.#tears;
    this.#tears = false;
    const { lost, torn } = this.#tree.crash(random, tornPerMille, tears);
    if (lost) happened('lostWrite');
    if (torn) happened('tornWrite');
  }

  slow(flushMs: number): () => void {
    return this.#queue.slow(flushMs);
  }

  hang(): () => void {
    return this.#queue.hang();
  }

  fill(): () => void {
    this.#full += 1;
    return once(() => { this.#full -= 1; });
  }

  failNext(): () => void {
    return this.#queue.failNext();
  }

  tearPending(): boolean {
    this.#tears ||= this.#tree.hasUnflushed;
    return this.#tears;
  }

  damage(kind: Damage): boolean {
    if (!this.#tree.damage(kind, this.#options.random)) return false;
    // Whoever runs has read it already, and goes on; whoever starts next reads it from the platter.
    if (this.#isOpen) this.#damagedWhileOpen = true;
    else this.#tree.dropCaches();
    this.#ledger.damage = `the store is damaged: ${damageTexts[kind]}`;
    return true;
  }

  async #open(process: SimulatedProcess): Promise<ManagerStore> {
    const { store, identity, segmentBytesMax } = this.#options;
    if (!this.#created) {
      this.#created = true;
      const snapshot = { lastIndex: 0, lastTerm: 0, logTimeMs: 0, configuration: this.#configuration, data: [] };
      await store.createManagerDirectory({ directory, identity, snapshot, fileSystem: filesAtOnce(this.#tree), lock });
    }
    const fileSystem = filesOfLife(process, {
      tree: this.#tree,
      flush: (writing, flush) => this.#queue.add(writing, flush),
      fetch: (reading, look) => this.#queue.fetch(reading, look),
      refusesWrite: () => this.#refusesWrite(),
    });
    return store.openManagerStore({ directory, expectedIdentity: identity, fileSystem, lock, segmentBytesMax });
  }

  #refusesWrite(): boolean {
    if (this.#full === 0) return false;
    if (!this.#broken) this.#options.happened('diskFull');
    this.#broken = true;
    return true;
  }

  #compare(found: PersistedState): void {
    const { onDurable, violated } = this.#options;
    const promised = this.#ledger.describe();
    const survivors = this.#ledger.cameBack(found);
    if (survivors === null) {
      violated(new Violation('storeKeepsWhatItAcknowledged', `a store came back with ${describeState(found)}; ${promised}`));
      return;
    }
    // All that counts was read from the platter, and nothing is wrong with it: what was damaged is not there any more.
    if (!this.#damagedWhileOpen) this.#ledger.damage = null;
    for (const write of survivors) onDurable(write);
  }
}
