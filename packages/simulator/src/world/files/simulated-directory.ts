import type { SimulatedRandom } from '../simulated-random.ts';
import type { SimulatedFile } from './simulated-file.ts';

/** One change of names, which happens whole or not at all: a creation, a removal, or (both) a rename. */
interface NameChange {
  readonly removed: string | null;
  readonly added: { readonly name: string; readonly file: SimulatedFile } | null;
}

/** The names in one directory: as a program sees them, and as they are after a crash. */
export class SimulatedDirectory {
  #names = new Map<string, SimulatedFile>();
  readonly #flushed = new Map<string, SimulatedFile>();
  #changes: NameChange[] = [];
  readonly #placed = new Set<SimulatedFile>();

  get names(): ReadonlyMap<string, SimulatedFile> {
    return this.#names;
  }

  /** Every file that a crash may leave. */
  get files(): ReadonlySet<SimulatedFile> {
    return new Set([...this.#flushed.values(), ...this.#names.values(), ...this.#changes.flatMap(({ added }) => (added === null ? [] : [added.file]))]);
  }

  /** Files of which damage must show: by what is in them. The last of those that were made elsewhere and renamed counts as a whole. */
  get readable(): readonly { readonly file: SimulatedFile; readonly settledBytes: number }[] {
    const files = [...this.#flushed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, file]) => file);
    const placed = files.findLast((file) => this.#placed.has(file));
    const settled = files.filter((file) => !this.#placed.has(file)).map((file) => ({ file, settledBytes: file.settledBytes }));
    return (placed === undefined ? settled : [...settled, { file: placed, settledBytes: placed.flushedBytes }]).filter(({ settledBytes }) => settledBytes > 0);
  }

  add(name: string, file: SimulatedFile): void {
    this.#change({ removed: null, added: { name, file } });
  }

  remove(name: string): void {
    if (this.#names.has(name)) this.#change({ removed: name, added: null });
  }

  /** Takes the place of what is there under the new name. */
  rename(from: string, name: string): void {
    const file = this.#names.get(from);
    if (file === undefined) throw Object.assign(new Error(`there is no file ${from}`), { code: 'ENOENT' });
    this.#change({ removed: from, added: { name, file } });
  }

  /** Returns what makes all changes so far durable. */
  beginFlush(): () => void {
    const changes = new Set(this.#changes);
    return () => {
      for (const change of this.#changes) if (changes.has(change)) this.#reach(change);
      this.#changes = this.#changes.filter((change) => !changes.has(change));
    };
  }

  /** Of the changes that were not flushed, the first some survive, or any. True when one is lost. */
  crash(random: SimulatedRandom): boolean {
    const changes = this.#changes;
    this.#changes = [];
    const survivors = random.chance(500) ? changes.slice(0, random.below(changes.length + 1)) : changes.filter(() => random.chance(500));
    for (const change of survivors) this.#reach(change);
    this.#names = new Map(this.#flushed);
    return survivors.length < changes.length;
  }

  #reach(change: NameChange): void {
    apply(change, this.#flushed);
    if (change.removed !== null && change.added !== null) this.#placed.add(change.added.file);
  }

  #change(change: NameChange): void {
    apply(change, this.#names);
    this.#changes.push(change);
  }
}

function apply({ removed, added }: NameChange, names: Map<string, SimulatedFile>): void {
  if (removed !== null) names.delete(removed);
  if (added !== null) names.set(added.name, added.file);
}
