import { limits, type ManagerToWorker } from '@raft-mesh/protocol';
import type { JsonValue, Refusal } from '@raft-mesh/state-machine';
import type { Links } from './links.ts';
import { Listeners, callSafely } from './listeners.ts';
import type { ManagerLink } from './manager-link.ts';
import { patched, type ViewCopy } from './view-copy.ts';
import type { View } from './worker.ts';

type ViewMessage = Extract<ManagerToWorker, { type: 'viewWhole' | 'viewPatch' | 'viewCurrent' | 'watchRefused' }>;
type EventMessage = Extract<ManagerToWorker, { type: 'event' }>;

interface Watch {
  readonly module: string;
  readonly parameters: JsonValue;
  readonly onView: (view: View) => void;
  readonly onRefused: (refusal: Refusal) => void;
  /** The number under which the source knows it; a new one each time it is asked for, so that late answers to the old are known. */
  number: number;
  /** What patches from the source build on. */
  base: ViewCopy | null;
  shown: View | null;
}

/**
 * The views that the application watches, and the events. One manager at a time is the source of them all; when it is lost, or knows
 * no leader while another does, another takes over from the version held. Within an incarnation what is shown never goes back.
 */
export class Watches {
  readonly #links: Links;
  readonly #events = new Listeners<[module: string, event: JsonValue]>();
  readonly #watches = new Map<number, Watch>();
  #incarnation: number;
  #source: ManagerLink | null = null;
  #lastNumber = 0;
  #closed = false;
  #lastEventIndex = 0;
  /** Events up to here came from an earlier source. */
  #eventsSeenBefore = 0;

  constructor(links: Links, incarnation: number) {
    this.#links = links;
    this.#incarnation = incarnation;
  }

  watch(module: string, parameters: JsonValue, onView: (view: View) => void, onRefused: (refusal: Refusal) => void): () => void {
    if (this.#closed || this.#watches.size >= limits.watchesMax) {
      const refusal = this.#closed
        ? { code: 'closed', message: 'This worker is closed. Connect again.' }
        : { code: 'tooManyWatches', message: `At most ${limits.watchesMax} views may be watched at once. End one first.` };
      void Promise.resolve().then(() => callSafely(onRefused, refusal));
      return () => {};
    }
    const watch: Watch = { module, parameters, onView, onRefused, number: 0, base: null, shown: null };
    this.#ask(watch, null);
    return () => {
      if (this.#watches.get(watch.number) !== watch) return;
      this.#watches.delete(watch.number);
      this.#source?.send({ type: 'unwatch', watch: watch.number });
    };
  }

  onEvent(listener: (module: string, event: JsonValue) => void): () => void {
    return this.#events.add(listener);
  }

  /** Links or what their managers know of the leader have changed. */
  linksChanged(): void {
    if (this.#closed) return;
    if (this.#source?.welcomed !== true) this.#moveTo(this.#links.any());
    this.#showStaleness();
  }

  /** The mesh was restored from a snapshot: versions and event indexes begin anew where that stands. What is shown stays until then, stale. */
  moveToIncarnation(incarnation: number): void {
    this.#incarnation = incarnation;
    this.#source = null;
    this.#lastEventIndex = 0;
    this.#eventsSeenBefore = 0;
    for (const watch of this.#watches.values()) watch.base = null;
  }

  /** Now and then: leaves a source that has lost its leader for one that has not. */
  review(): void {
    if (this.#closed || this.#source === null || this.#source.leaderKnown !== null) return;
    const other = this.#links.any(this.#source);
    if (other !== null && other.leaderKnown !== null) this.#moveTo(other);
    this.#showStaleness();
  }

  onMessage(link: ManagerLink, message: ViewMessage): void {
    const watch = this.#watches.get(message.watch);
    if (watch === undefined || link !== this.#source) return;
    switch (message.type) {
      case 'viewWhole':
        return this.#received(watch, { version: message.version, value: message.value });
      case 'viewCurrent':
        if (watch.base === null) return this.#askAnew(watch);
        return this.#received(watch, { version: message.version, value: watch.base.value });
      case 'viewPatch': {
        const value = watch.base?.version === message.baseVersion ? patched(watch.base.value, message.operations) : undefined;
        if (value === undefined) return this.#askAnew(watch);
        return this.#received(watch, { version: message.version, value });
      }
      case 'watchRefused':
        this.#watches.delete(watch.number);
        return callSafely(watch.onRefused, message.refusal);
      default:
        message satisfies never;
    }
  }

  onEventMessage(link: ManagerLink, { module, index, event }: EventMessage): void {
    // Every manager tells of the same events; those of the source are taken, from where the earlier source left off.
    if (link !== this.#source || index <= this.#eventsSeenBefore) return;
    this.#lastEventIndex = Math.max(this.#lastEventIndex, index);
    this.#events.call(module, event);
  }

  close(): void {
    this.#closed = true;
    this.#source = null;
    this.#showStaleness();
    this.#watches.clear();
  }

  #moveTo(source: ManagerLink | null): void {
    const left = this.#source;
    this.#source = source;
    this.#eventsSeenBefore = this.#lastEventIndex;
    // A copy: asking files each watch anew under its next number.
    for (const watch of Array.from(this.#watches.values())) {
      left?.send({ type: 'unwatch', watch: watch.number });
      this.#ask(watch, watch.shown?.incarnation === this.#incarnation ? watch.shown : null);
    }
  }

  /** Asks the source for the view, from the version in `base` on. */
  #ask(watch: Watch, base: ViewCopy | null): void {
    this.#watches.delete(watch.number);
    this.#lastNumber += 1;
    watch.number = this.#lastNumber;
    watch.base = base;
    this.#watches.set(watch.number, watch);
    this.#source?.send({ type: 'watch', watch: watch.number, module: watch.module, parameters: watch.parameters, knownVersion: base?.version ?? 0 });
  }

  /** What came does not fit what is held: asks for the whole view. */
  #askAnew(watch: Watch): void {
    this.#source?.send({ type: 'unwatch', watch: watch.number });
    this.#ask(watch, null);
  }

  #received(watch: Watch, base: ViewCopy): void {
    watch.base = base;
    // A source that lags behind the one before it is followed, and shown once it has caught up.
    const { shown } = watch;
    if (shown !== null && shown.incarnation === this.#incarnation && base.version < shown.version) return;
    this.#show(watch, { incarnation: this.#incarnation, version: base.version, value: base.value, stale: this.#isStale() });
  }

  #isStale(): boolean {
    return this.#source === null || this.#source.leaderKnown === null;
  }

  #showStaleness(): void {
    const stale = this.#isStale();
    for (const watch of this.#watches.values()) if (watch.shown !== null && watch.shown.stale !== stale) this.#show(watch, { ...watch.shown, stale });
  }

  #show(watch: Watch, view: View): void {
    const { shown } = watch;
    if (shown !== null && shown.incarnation === view.incarnation && shown.version === view.version && shown.stale === view.stale) return;
    watch.shown = view;
    callSafely(watch.onView, view);
  }
}
