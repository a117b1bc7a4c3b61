import { assert, isExhaustion } from './assert.ts';
import type { App, Module } from './module.ts';
import { documents } from './modules/documents/module.ts';
import { members } from './modules/members/module.ts';
import { sessionsModule } from './modules/sessions/module.ts';
import { sessionLifetimeMs } from './modules/sessions/state.ts';

const builtInModulesOf = (app: App): readonly Module[] => [members, sessionsModule(app.sessionLifetimeMs ?? sessionLifetimeMs), documents];

/** A module whose next deadline has come. */
export interface DueModule {
  readonly module: Module;
  readonly deadlineMs: number;
}

/** Every module's state at one index, by reference, and which deadlines were dropped. */
export interface TableState {
  readonly states: ReadonlyMap<string, unknown>;
  /** Modules whose deadline does not fire until their state changes. */
  readonly dropped: ReadonlySet<string>;
}

/** The modules of a mesh in order of name, with their present states. States are replaced, never changed. */
export class ModuleTable {
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #states = new Map<string, unknown>();
  readonly #deadlines = new Map<string, number>();
  readonly #dropped: Set<string>;
  #touched = new Set<string>();

  /** With initial states, or those of `restored` (which must name every module). Throws on two modules of one name. */
  constructor(app: App, restored: TableState | null) {
    const builtIn = builtInModulesOf(app);
    const modules = [...builtIn, ...app.modules].sort((left, right) => (left.name < right.name ? -1 : 1));
    this.#modules = new Map(modules.map((module) => [module.name, module]));
    assert(this.#modules.size === modules.length, () => `the app ${app.name} has two modules of one name, or one named like a built-in (${builtIn.map(({ name }) => name).join(', ')})`);
    this.#dropped = new Set(restored?.dropped);
    for (const module of modules) {
      const state = restored === null ? module.initial() : restored.states.get(module.name);
      this.#states.set(module.name, state);
      this.#noteDeadline(module, state);
    }
  }

  get names(): readonly string[] {
    return [...this.#modules.keys()];
  }

  get modules(): readonly Module[] {
    return [...this.#modules.values()];
  }

  module(name: string): Module | null {
    return this.#modules.get(name) ?? null;
  }

  stateOf(name: string): unknown {
    return this.#states.get(name);
  }

  /** Puts a new state in the old one's place. The same reference is no change. */
  replace(module: Module, state: unknown): void {
    if (this.#states.get(module.name) === state) return;
    this.#states.set(module.name, state);
    this.#touched.add(module.name);
    this.#dropped.delete(module.name);
    this.#noteDeadline(module, state);
  }

  /** The modules whose state was replaced since this was last asked. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  /** Ignores a module's deadline until its state changes. */
  dropDeadline(module: Module): void {
    this.#dropped.add(module.name);
    this.#deadlines.delete(module.name);
  }

  /** When the first module is due, in ms of log time. */
  get earliestDeadlineMs(): number | null {
    let earliestMs: number | null = null;
    for (const deadlineMs of this.#deadlines.values()) if (earliestMs === null || deadlineMs < earliestMs) earliestMs = deadlineMs;
    return earliestMs;
  }

  /** The module that is due first; of several at the same time, the first by name. */
  earliestDeadline(): DueModule | null {
    let earliest: DueModule | null = null;
    for (const module of this.#modules.values()) {
      const deadlineMs = this.#deadlines.get(module.name);
      if (deadlineMs !== undefined && (earliest === null || deadlineMs < earliest.deadlineMs)) earliest = { module, deadlineMs };
    }
    return earliest;
  }

  /** By reference: later changes do not show in it. */
  capture(): TableState {
    return { states: new Map(this.#states), dropped: new Set(this.#dropped) };
  }

  #noteDeadline(module: Module, state: unknown): void {
    const deadlineMs = this.#dropped.has(module.name) ? null : readDeadline(module, state);
    if (deadlineMs === null) this.#deadlines.delete(module.name);
    else this.#deadlines.set(module.name, deadlineMs);
  }
}

// A deadline that cannot be read is none: the same on all replicas, and mended by the next change of state.
function readDeadline(module: Module, state: unknown): number | null {
  try {
    const deadlineMs = module.deadlineMs?.(state) ?? null;
    return deadlineMs === null || Number.isNaN(deadlineMs) || deadlineMs === Infinity ? null : deadlineMs;
  } catch (thrown) {
    if (isExhaustion(thrown)) throw thrown;
    return null;
  }
}
