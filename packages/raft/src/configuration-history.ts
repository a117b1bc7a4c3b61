import { assert } from './assert.ts';
import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';
import type { LogIndex } from './identity.ts';

/**
 * Which configuration is in force: the last one in the log, committed or not (paper §6). Earlier ones are kept back to the
 * last snapshot: a truncation can bring them back, and the next snapshot must carry the one of its own end.
 */
export class ConfigurationHistory {
  readonly #items: { readonly index: LogIndex; readonly configuration: Configuration }[];

  constructor(index: LogIndex, configuration: Configuration) {
    this.#items = [{ index, configuration }];
  }

  get current(): Configuration {
    const last = this.#items.at(-1);
    assert(last !== undefined, () => 'there is no configuration');
    return last.configuration;
  }

  get currentIndex(): LogIndex {
    return this.#items.at(-1)?.index ?? 0;
  }

  /** The one in force when the log ended at `index`, which lies at or after the last snapshot. */
  at(index: LogIndex): Configuration {
    const item = this.#items.findLast((candidate) => candidate.index <= index);
    assert(item !== undefined, () => `the configuration at ${index} is forgotten`);
    return item.configuration;
  }

  /** The one in force at `index`, and every later one. */
  from(index: LogIndex): readonly Configuration[] {
    return this.#items.filter((_, position) => (this.#items[position + 1]?.index ?? Infinity) > index).map(({ configuration }) => configuration);
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'configuration') this.#items.push({ index: entry.index, configuration: entry.configuration });
    }
  }

  truncateFrom(index: LogIndex): void {
    while (this.#items.length > 1 && (this.#items.at(-1)?.index ?? 0) >= index) this.#items.pop();
  }

  /** A snapshot covers everything through `index`: what was in force before the last change up to there is not asked for again. */
  forgetBefore(index: LogIndex): void {
    while ((this.#items[1]?.index ?? Infinity) <= index) this.#items.shift();
  }

  reset(index: LogIndex, configuration: Configuration): void {
    this.#items.length = 0;
    this.#items.push({ index, configuration });
  }
}
