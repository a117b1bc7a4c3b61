import type { ManagerToWorker, WorkerToManager } from '@raft-mesh/protocol';
import { limits } from '@raft-mesh/protocol';
import type { JsonValue, Refusal, StateMachine, Viewer } from '@raft-mesh/state-machine';
import type { Clock } from '../ports/clock.ts';
import { diffViews, fitsInto } from './view-diff.ts';

type WatchMessage = Extract<WorkerToManager, { type: 'watch' }>;

/** Who watches: one worker's link. */
export interface ViewTarget {
  /** As the registry knows the agent now; `null` when it knows it no more. */
  viewer(): Viewer | null;
  send(message: ManagerToWorker): void;
  readonly bufferedBytes: number;
}

interface Watch {
  readonly target: ViewTarget;
  readonly id: number;
  readonly module: string;
  readonly parameters: JsonValue;
  /** The version that the worker holds already; nothing older is ever shown to it. */
  readonly knownVersion: number;
  /** The last view sent on this link; `null` before the first. */
  sent: { readonly version: number; readonly value: JsonValue } | null;
}

export interface ViewsOptions {
  readonly clock: Clock;
  readonly machine: () => StateMachine;
}

/** A link with more than this unsent skips versions until it has drained. */
const slowReaderBytes = 256 * 1024;
const slowReaderLookAgainMs = 50;
const refreshesPerTurnMax = 512;
const refreshTurnMsMax = 8;
const viewBytesMax = limits.frameBytesMax - 4_096;

/**
 * Keeps every watcher's view up to date: recomputed at most once per event-loop turn, for touched modules only, and sent
 * as the difference from the last one sent on that link.
 */
export class Views {
  readonly #options: ViewsOptions;
  readonly #byTarget = new Map<ViewTarget, Map<number, Watch>>();
  readonly #byModule = new Map<string, Set<Watch>>();
  /**
   * The index at which anything in the state changed last, so that a view of a later version is known to be right. One for
   * all modules: by module it would tell a worker that comes back of changes that its view hides.
   */
  #changedAt: number;
  readonly #touched = new Set<string>();
  #dirty = new Set<Watch>();
  /** Watches whose worker has seen more than this manager has applied. */
  readonly #early = new Set<Watch>();
  readonly #slow = new Set<Watch>();
  #slowTimerSet = false;
  #turnSet = false;

  constructor(options: ViewsOptions) {
    this.#options = options;
    this.#changedAt = options.machine().appliedIndex;
  }

  watch(target: ViewTarget, message: WatchMessage): void {
    this.unwatch(target, message.watch);
    const watches = this.#byTarget.get(target) ?? new Map<number, Watch>();
    if (watches.size >= limits.watchesMax) {
      target.send({ type: 'watchRefused', watch: message.watch, refusal: { code: 'tooManyWatches', message: `one link may watch ${limits.watchesMax} views` } });
      return;
    }
    if (!fitsInto(message.parameters, limits.readArgumentsBytesMax)) {
      target.send({ type: 'watchRefused', watch: message.watch, refusal: { code: 'invalidArguments', message: `the parameters of a watch may have ${limits.readArgumentsBytesMax} bytes` } });
      return;
    }
    const watch: Watch = { target, id: message.watch, module: message.module, parameters: message.parameters, knownVersion: message.knownVersion, sent: null };
    this.#byTarget.set(target, watches.set(watch.id, watch));
    const ofModule = this.#byModule.get(watch.module) ?? new Set<Watch>();
    this.#byModule.set(watch.module, ofModule.add(watch));
    this.#dirty.add(watch);
    this.#turnSoon();
  }

  unwatch(target: ViewTarget, id: number): void {
    const watch = this.#byTarget.get(target)?.get(id);
    if (watch !== undefined) this.#drop(watch);
  }

  /** The link is gone. */
  forget(target: ViewTarget): void {
    for (const watch of this.#byTarget.get(target)?.values() ?? []) this.#drop(watch);
    this.#byTarget.delete(target);
  }

  watches(target: ViewTarget, module: string): boolean {
    for (const watch of this.#byTarget.get(target)?.values() ?? []) if (watch.module === module && watch.sent !== null) return true;
    return false;
  }

  /** An entry was applied that changed these modules. */
  applied(index: number, touchedModules: ReadonlySet<string>): void {
    if (touchedModules.size > 0) this.#changedAt = index;
    for (const module of touchedModules) if (this.#byModule.has(module)) this.#touched.add(module);
    if (this.#touched.size > 0 || this.#early.size > 0) this.#turnSoon();
  }

  /** The state was taken from a snapshot of this index: what changed before it is not known. */
  restored(index: number): void {
    this.#changedAt = index;
    for (const module of this.#byModule.keys()) this.#touched.add(module);
    this.#turnSoon();
  }

  /** What this agent may see has changed, whatever the modules' state. */
  viewerChanged(target: ViewTarget): void {
    for (const watch of this.#byTarget.get(target)?.values() ?? []) this.#dirty.add(watch);
    this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#turnSet) return;
    this.#turnSet = true;
    this.#options.clock.defer(() => { this.#turnSet = false; this.#turn(); });
  }

  #turn(): void {
    for (const module of this.#touched) for (const watch of this.#byModule.get(module) ?? []) this.#dirty.add(watch);
    this.#touched.clear();
    for (const watch of this.#early) this.#dirty.add(watch);
    this.#early.clear();
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + refreshTurnMsMax;
    let left = refreshesPerTurnMax;
    for (const watch of this.#dirty) {
      if (left === 0 || clock.nowMs() > untilMs) { this.#turnSoon(); return; }
      left -= 1;
      this.#dirty.delete(watch);
      this.#refresh(watch);
    }
  }

  #refresh(watch: Watch): void {
    const machine = this.#options.machine();
    const version = machine.appliedIndex;
    if (version < watch.knownVersion) { this.#early.add(watch); return; }
    if (watch.target.bufferedBytes > slowReaderBytes) { this.#lookAgain(watch); return; }
    const viewer = watch.target.viewer();
    if (viewer === null) return;
    const seen = machine.view(watch.module, viewer, watch.parameters);
    if (!seen.found) { this.#refuse(watch, seen.refusal); return; }
    const { value } = seen;
    const { sent, id } = watch;
    if (sent === null) {
      const isRight = watch.knownVersion > 0 && watch.knownVersion >= this.#changedAt;
      if (!isRight) { this.#sendWhole(watch, version, value); return; }
      watch.sent = { version, value };
      watch.target.send({ type: 'viewCurrent', watch: id, version });
      return;
    }
    const difference = diffViews(sent.value, value);
    switch (difference.kind) {
      case 'same': watch.sent = { version: sent.version, value }; return;
      case 'whole': this.#sendWhole(watch, version, value); return;
      case 'patch':
        if (!fitsInto(difference.operations, viewBytesMax)) { this.#sendWhole(watch, version, value); return; }
        watch.sent = { version, value };
        watch.target.send({ type: 'viewPatch', watch: id, baseVersion: sent.version, version, operations: difference.operations });
        return;
      default: difference satisfies never;
    }
  }

  #sendWhole(watch: Watch, version: number, value: JsonValue): void {
    if (!fitsInto(value, viewBytesMax)) {
      this.#refuse(watch, { code: 'viewTooLarge', message: `this view is larger than the ${limits.frameBytesMax} bytes of a frame: watch a part of it` });
      return;
    }
    watch.sent = { version, value };
    watch.target.send({ type: 'viewWhole', watch: watch.id, version, value });
  }

  #refuse(watch: Watch, refusal: Refusal): void {
    this.#drop(watch);
    watch.target.send({ type: 'watchRefused', watch: watch.id, refusal });
  }

  #lookAgain(watch: Watch): void {
    this.#slow.add(watch);
    if (this.#slowTimerSet) return;
    this.#slowTimerSet = true;
    this.#options.clock.setTimer(slowReaderLookAgainMs, () => {
      this.#slowTimerSet = false;
      if (this.#slow.size === 0) return;
      for (const slow of this.#slow) this.#dirty.add(slow);
      this.#slow.clear();
      this.#turnSoon();
    });
  }

  #drop(watch: Watch): void {
    this.#byTarget.get(watch.target)?.delete(watch.id);
    const ofModule = this.#byModule.get(watch.module);
    ofModule?.delete(watch);
    if (ofModule?.size === 0) this.#byModule.delete(watch.module);
    this.#dirty.delete(watch);
    this.#early.delete(watch);
    this.#slow.delete(watch);
  }
}
