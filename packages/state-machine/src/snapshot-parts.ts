import { assert } from './assert.ts';
import type { JsonValue } from './json.ts';
import type { App, Module } from './module.ts';
import type { TableState } from './module-table.ts';
import { ModuleTable } from './module-table.ts';
import type { RandomPool } from './random-source.ts';
import { hasFields, isListOf, isText, isTime, isWhole } from './snapshot-shape.ts';

/** Everything a machine is, at one index. */
export interface MachineState {
  readonly index: number;
  readonly logTimeMs: number;
  readonly runningDigest: string;
  readonly randomPool: RandomPool;
  readonly table: TableState;
}

/** First part of every snapshot. */
type Header = {
  readonly format: 1;
  readonly app: { readonly name: string; readonly version: number };
  readonly modules: readonly (readonly [name: string, version: number])[];
  readonly index: number;
  readonly logTimeMs: number;
  readonly runningDigest: string;
  readonly randomPool: string;
  readonly droppedDeadlines: readonly string[];
};

/** Header; then `[module, part]` for each part of each module, in order of names; then `{end, parts}`, so that a cut snapshot is known. */
export function* encodeMachine(app: App, modules: readonly Module[], state: MachineState): Generator<JsonValue> {
  const header: Header = {
    format: 1,
    app: { name: app.name, version: app.version },
    modules: modules.map(({ name, version }) => [name, version]),
    index: state.index,
    logTimeMs: state.logTimeMs,
    runningDigest: state.runningDigest,
    randomPool: state.randomPool,
    droppedDeadlines: [...state.table.dropped].sort(),
  };
  yield header;
  let parts = 1;
  for (const module of modules) {
    const moduleState = state.table.states.get(module.name);
    // Without `encode` the state is JSON, as the contract says.
    for (const part of module.encode?.(moduleState) ?? [moduleState as JsonValue]) {
      yield [module.name, part];
      parts += 1;
    }
  }
  yield { end: true, parts };
}

/** The inverse. Throws a `StateMachineFault` on parts of another app, of another version of a module, or cut short. */
export function decodeMachine(app: App, parts: Iterable<JsonValue>): { readonly state: MachineState; readonly table: ModuleTable } {
  const iterator = parts[Symbol.iterator]();
  const first = iterator.next();
  assert(first.done !== true && isHeader(first.value), () => 'this is no snapshot of a state machine: its first part is no header of format 1');
  const header = first.value;
  assert(header.app.name === app.name, () => `this snapshot is of the app ${header.app.name}; this manager runs ${app.name}. Start it with --app ${header.app.name}`);
  const fresh = new ModuleTable(app, null);
  const wanted = fresh.modules.map(({ name, version }) => `${name} ${version}`).join(', ');
  const found = header.modules.map(([name, version]) => `${name} ${version}`).join(', ');
  assert(wanted === found, () => `this snapshot has the modules ${found}; this manager has ${wanted}. Run the version that made it`);

  const partsOf = new Map<string, JsonValue[]>(header.modules.map(([name]) => [name, []]));
  const count = collectParts(iterator, partsOf);
  assert(count !== null, () => 'this snapshot is cut short. Use another one');
  const states = new Map<string, unknown>();
  for (const module of fresh.modules) {
    const own = partsOf.get(module.name) ?? [];
    assert(module.decode !== undefined || own.length === 1, () => `the module ${module.name} must have one part in a snapshot, not ${own.length}`);
    states.set(module.name, module.decode === undefined ? own[0] : module.decode(own));
  }
  const table: TableState = { states, dropped: new Set(header.droppedDeadlines) };
  const { index, logTimeMs, runningDigest } = header;
  return { state: { index, logTimeMs, runningDigest, randomPool: header.randomPool as RandomPool, table }, table: new ModuleTable(app, table) };
}

// The number of parts when the end is there and fits, `null` otherwise.
function collectParts(iterator: Iterator<JsonValue>, partsOf: ReadonlyMap<string, JsonValue[]>): number | null {
  let count = 1;
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    const part = next.value;
    if (isEnd(part)) return part.parts === count ? count : null;
    assert(isModulePart(part), () => 'this snapshot has a part that belongs to no module. Use another one');
    const [module, value] = part;
    const own = partsOf.get(module);
    assert(own !== undefined, () => `this snapshot has a part of the module ${module}, which it does not announce`);
    own.push(value);
    count += 1;
  }
  return null;
}

function isHeader(part: JsonValue): part is Header {
  return hasFields<Header>(part, {
    format: (format) => format === 1,
    app: (app) => hasFields<Header['app']>(app, { name: isText, version: isWhole }),
    modules: (modules) => isListOf(modules, (module) => Array.isArray(module) && isText(module[0]) && isWhole(module[1])),
    index: isWhole, logTimeMs: isTime, runningDigest: isDigest, randomPool: isDigest,
    droppedDeadlines: (names) => isListOf(names, isText),
  });
}

/** 32 bytes, hex. */
function isDigest(value: unknown): boolean {
  return isText(value) && /^[0-9a-f]{64}$/.test(value);
}

function isModulePart(part: JsonValue): part is readonly [module: string, value: JsonValue] {
  return Array.isArray(part) && part.length === 2 && isText(part[0]);
}

function isEnd(part: JsonValue): part is { readonly end: true; readonly parts: number } {
  return typeof part === 'object' && part !== null && 'end' in part && part['end'] === true;
}
