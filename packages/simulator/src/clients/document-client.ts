import type { Clock, CommandResult, QueryResult, View, Worker } from '@raft-mesh/mesh';
import type { JsonObject, JsonValue } from '@raft-mesh/state-machine';
import { Violation } from '../checkers/checker.ts';
import type { Client, ClientPorts } from './client.ts';
import type { HistoryRecorder, OpenOperation } from './history-recorder.ts';
import { checkedView } from './view-watch.ts';

export interface DocumentClientOptions {
  /** The client works on the keys `k0` to `k<keys - 1>`, which all clients share. */
  readonly keys: number;
  /** Mean pause between an answer and what comes next, in ms; above 0. */
  readonly pauseMs: number;
  /** How many operations follow a pause of as many times that; 1 by default. */
  readonly atOnce?: number;
  readonly history: HistoryRecorder;
}

interface SentCommand {
  readonly operation: OpenOperation;
  readonly command: string;
  readonly arguments: JsonObject;
}

/** A query gives up after this, in ms: sooner than elections under faults end, so that time-outs occur. */
const queryTimeoutMs = 3_000;
/** So many operations at once when it is behind: more would make histories hard to judge. */
const atOnceMax = 6;
/** However seldom a client does something, it must notice within a few seconds that it is served again. */
const pauseMaxMs = 2_500;
/** What only a worker that mixes up its own numbers, or a mesh that forgets whom it let in, can be told. */
const unreasonable = new Set(['sequenceReused', 'answerForgotten', 'sequenceGap', 'notAMember', 'moduleFailed', 'invalidArguments', 'unknownCommand']);

/**
 * Reads and writes documents through the real SDK, one thing after another and now and then several at once, and writes everything
 * into the history. What a crash of its process left open is settled by `recovered` of the next life; what the process had heard and
 * not told its client stays unknown.
 */
export class DocumentClient implements Client {
  readonly #ports: ClientPorts;
  readonly #options: DocumentClientOptions;
  /** Sent in this life, and not answered. */
  readonly #open = new Set<SentCommand>();
  /** Left open by earlier lives, in the order of sending. */
  #orphans: readonly SentCommand[] = [];
  readonly #knownVersions = new Map<string, number>();
  #worker: Worker | null = null;
  #clock: Clock | null = null;
  #life = 0;
  #serial = 0;
  #begun = 0;
  #stopped = false;
  #cancelPause: () => void = () => {};
  #endWatch: () => void = () => {};

  /** The name in `ports` must be unique in the run: it stands in every value that this client writes. */
  constructor(ports: ClientPorts, options: DocumentClientOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  started(worker: Worker, clock: Clock): void {
    this.#life += 1;
    const life = this.#life;
    this.#worker = worker;
    this.#clock = clock;
    const orphans = this.#orphans;
    void worker.recovered.then((recovered) => {
      if (life !== this.#life) return;
      const left = [...orphans];
      for (const { module, command, arguments: args, result } of recovered) {
        const place = module === 'documents' ? left.findIndex((sent) => sent.command === command && isSame(sent.arguments, args)) : -1;
        const [sent] = place === -1 ? [] : left.splice(place, 1);
        if (sent !== undefined) this.#guarded(() => this.#settle(sent, result));
      }
      // What is left was answered before the crash without the client hearing of it, or was never saved: nobody knows which.
      this.#orphans = [];
    });
    // Not everyone watches: views are most of the traffic.
    if (this.#ports.random.below(3) === 0) this.#watch(worker);
    if (!this.#stopped) this.#next();
  }

  died(): void {
    this.#life += 1;
    this.#worker = null;
    this.#clock = null;
    this.#cancelPause();
    this.#orphans = [...this.#orphans, ...this.#open];
    this.#open.clear();
  }

  stopped(): void {
    this.#stopped = true;
    this.#cancelPause();
    this.#endWatch();
    this.#endWatch = () => {};
  }

  #watch(worker: Worker): void {
    const life = this.#life;
    const { history } = this.#options;
    const { name } = this.#ports;
    const check = checkedView(name);
    this.#endWatch = worker.watch('documents', null, (view) => {
      if (life === this.#life) this.#guarded(() => {
        check(view);
        for (const { key, version, value } of documentsOf(view)) {
          if (version > view.version) throw new Violation('viewHoldsNothingNewer', `${name} saw ${key} in version ${version} in the view of version ${view.version}.`);
          history.saw(key, version, value);
        }
      });
    });
  }

  #next(): void {
    const { random } = this.#ports;
    // Now and then several at once: the order and the gaps of a session's sequence numbers only show then.
    const wanted = this.#atOnce + (random.below(8) === 0 ? 1 + random.below(3) : 0);
    let waiting = Math.max(wanted, Math.min(atOnceMax, this.#owed()));
    this.#begun += waiting;
    const life = this.#life;
    const ended = (): void => {
      waiting -= 1;
      if (waiting === 0 && life === this.#life && !this.#stopped) this.#pause();
    };
    for (let left = waiting; left > 0; left -= 1) this.#operate(ended);
  }

  /** How many it is behind since the run began: whoever was held up makes up for it, so that a run with much trouble does not do less. */
  #owed(): number {
    return Math.floor(this.#ports.nowMs() / this.#options.pauseMs) - this.#begun;
  }

  get #atOnce(): number {
    return this.#options.atOnce ?? 1;
  }

  #pause(): void {
    const pauseMs = this.#owed() > 0 ? 0 : Math.min(pauseMaxMs, this.#ports.random.fraction() * 2 * this.#options.pauseMs * this.#atOnce);
    this.#cancelPause = this.#clock?.setTimer(pauseMs, () => this.#next()) ?? this.#cancelPause;
  }

  #operate(ended: () => void): void {
    const worker = this.#worker;
    if (worker === null) return;
    const { random } = this.#ports;
    const key = `k${random.below(this.#options.keys)}`;
    const drawn = random.below(100);
    if (drawn < 35) return this.#get(worker, key, ended);
    if (drawn < 45) return this.#staleGet(worker, key, ended);
    if (drawn < 55 && !this.#isDeleting(key)) return this.#send(worker, 'delete', 'delete', key, {}, ended);
    this.#serial += 1;
    const value = `${this.#ports.name}#${this.#serial}`;
    if (drawn < 75) return this.#send(worker, 'compareAndSet', 'compareAndSet', key, { expectedVersion: this.#knownVersions.get(key) ?? 0, value }, ended);
    return this.#send(worker, 'put', 'put', key, { value }, ended);
  }

  /** Two deletes of one key could not be told apart after a crash. */
  #isDeleting(key: string): boolean {
    return [...this.#orphans, ...this.#open].some(({ operation }) => operation.op === 'delete' && operation.key === key);
  }

  #send(worker: Worker, op: OpenOperation['op'], command: string, key: string, asked: JsonObject, ended: () => void): void {
    const sent: SentCommand = { operation: this.#options.history.begin(this.#ports.name, op, key, asked, asked['value'] ?? null), command, arguments: { key, ...asked } };
    this.#open.add(sent);
    const life = this.#life;
    // Some may wait only so long for their turn, and then are never sent.
    const validForMs = this.#ports.random.below(10) === 0 ? { validForMs: 500 } : {};
    void worker.send('documents', command, sent.arguments, validForMs).then((result) => {
      if (life !== this.#life) return;
      // A worker that was closed leaves it in its store, for the next life to recover.
      if (result.status !== 'unknown' || result.reason !== 'closed') {
        this.#open.delete(sent);
        this.#guarded(() => this.#settle(sent, result));
      }
      ended();
    });
  }

  #settle({ operation, arguments: args }: SentCommand, result: CommandResult): void {
    switch (result.status) {
      case 'committed': {
        const version = numberIn(result.answer, 'version');
        const value = args['value'];
        if (value !== undefined) this.#options.history.saw(operation.key, version, value);
        this.#knownVersions.set(operation.key, operation.op === 'delete' ? 0 : version);
        return this.#ended(operation, { version });
      }
      case 'refused':
        if (operation.op === 'compareAndSet' && result.refusal.code === 'versionConflict') return this.#ended(operation, { conflict: true });
        if (operation.op === 'delete' && result.refusal.code === 'notFound') return this.#ended(operation, { version: 0 });
        if (unreasonable.has(result.refusal.code)) throw new Violation('refusalsAreReasonable', `${this.#ports.name} sent ${operation.op} ${operation.key} and was refused: ${result.refusal.code}: ${result.refusal.message}`);
        return operation.refused();
      case 'notSent':
        return operation.refused();
      case 'unknown':
        return;
      default:
        result satisfies never;
    }
  }

  #get(worker: Worker, key: string, ended: () => void): void {
    const operation = this.#options.history.begin(this.#ports.name, 'get', key, {});
    this.#query(worker, key, false, (result) => {
      const found = this.#found(key, result);
      if (found === null) return operation.forget();
      this.#knownVersions.set(key, found.version);
      return this.#ended(operation, { ...found });
    }, ended);
  }

  /** A stale read promises little, and so is no part of the history; what it shows must have been written all the same. */
  #staleGet(worker: Worker, key: string, ended: () => void): void {
    this.#query(worker, key, true, (result) => { if (this.#found(key, result) !== null) this.#options.history.answeredAside(); }, ended);
  }

  #query(worker: Worker, key: string, stale: boolean, settle: (result: QueryResult) => void, ended: () => void): void {
    const life = this.#life;
    void worker.query('documents', 'get', { key }, { stale, timeoutMs: queryTimeoutMs }).then((result) => {
      if (life !== this.#life) return;
      this.#guarded(() => settle(result));
      ended();
    });
  }

  /** The document, version 0 when there is none; `null` when the query was not answered. */
  #found(key: string, result: QueryResult): { readonly version: number; readonly value: JsonValue } | null {
    if (result.status === 'refused') return result.refusal.code === 'notFound' ? { version: 0, value: null } : null;
    const [document] = documentsIn([result.answer]);
    if (document === undefined) throw new Violation('answersAreDocuments', `A read of ${key} was answered by ${JSON.stringify(result.answer)}.`);
    this.#options.history.saw(key, document.version, document.value);
    return { version: document.version, value: document.value };
  }

  #ended(operation: OpenOperation, out: JsonValue): void {
    operation.ok(out);
    this.#ports.operationEnded();
  }

  #guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#ports.violated(error);
    }
  }
}

interface SeenDocument { readonly key: string; readonly version: number; readonly value: JsonValue }

function documentsOf(view: View): readonly SeenDocument[] {
  const { value } = view;
  return isObject(value) && Array.isArray(value['documents']) ? documentsIn(value['documents'] as readonly JsonValue[]) : [];
}

function documentsIn(values: readonly JsonValue[]): readonly SeenDocument[] {
  return values.flatMap((value) => {
    if (!isObject(value)) return [];
    const { key, version, value: held } = value;
    return typeof key === 'string' && typeof version === 'number' && held !== undefined ? [{ key, version, value: held }] : [];
  });
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberIn(answer: JsonValue, field: string): number {
  const value = isObject(answer) ? answer[field] : undefined;
  if (typeof value !== 'number') throw new Violation('answersAreDocuments', `A command was answered by ${JSON.stringify(answer)}, which has no ${field}.`);
  return value;
}

/** Alike, field by field; what clients send is flat. */
function isSame(a: JsonObject, b: JsonValue): boolean {
  if (!isObject(b)) return false;
  const fields = Object.keys(a);
  return fields.length === Object.keys(b).length && fields.every((field) => a[field] === b[field]);
}
