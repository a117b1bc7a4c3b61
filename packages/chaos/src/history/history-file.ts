import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { HistoryOperation } from '@raft-mesh/simulator';

/** An operation that has begun; it is ended once. */
export interface OpenOperation {
  /** It took effect, with this answer. */
  ok(out: HistoryOperation['out']): void;
  /** It certainly had no effect. */
  refused(): void;
}

type Asked = Pick<HistoryOperation, 'client' | 'op' | 'key' | 'in'>;

const unwrittenBytesMax = 64 * 1024;

/** Writes what clients do and see, one operation a line (docs/chaos.md): those that end when they end, the others at the end of the run. */
export class HistoryWriter {
  readonly #file: FileHandle;
  readonly #open = new Set<Asked & { readonly start: number }>();
  #unwritten: string[] = [];
  #unwrittenBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #operations = 0;
  #acknowledged = 0;
  /** Called with every acknowledgement. */
  onAcknowledged: () => void = () => {};

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes the file; an old one is replaced. */
  static async create(path: string): Promise<HistoryWriter> {
    return new HistoryWriter(await open(path, 'w', 0o600));
  }

  get operations(): number {
    return this.#operations;
  }

  /** Operations that ended well. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  begin(asked: Asked): OpenOperation {
    const begun = { ...asked, start: nowNs() };
    this.#open.add(begun);
    this.#operations += 1;
    const end = (outcome: 'ok' | 'refused', out: HistoryOperation['out']): void => {
      if (!this.#open.delete(begun)) return;
      this.#add({ ...begun, out, end: nowNs(), outcome });
    };
    return {
      ok: (out) => {
        this.#acknowledged += 1;
        this.onAcknowledged();
        end('ok', out);
      },
      refused: () => end('refused', null),
    };
  }

  /** What has not ended has an unknown outcome. */
  async close(): Promise<void> {
    for (const begun of this.#open) this.#add({ ...begun, out: null, end: null, outcome: 'unknown' });
    this.#open.clear();
    this.#write();
    await this.#writing;
    await this.#file.close();
  }

  #add({ client, op, key, in: asked, out, start, end, outcome }: HistoryOperation): void {
    const line = `${JSON.stringify({ client, op, key, in: asked, out, start, end, outcome })}\n`;
    this.#unwritten.push(line);
    this.#unwrittenBytes += line.length;
    if (this.#unwrittenBytes > unwrittenBytesMax) this.#write();
  }

  #write(): void {
    const text = this.#unwritten.join('');
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    this.#writing = this.#writing.then(() => this.#file.appendFile(text));
  }
}

const startedAtNs = process.hrtime.bigint();

/** Of one clock, from 0 at the start of this process. */
export function nowNs(): number {
  return Number(process.hrtime.bigint() - startedAtNs);
}

/** The operations of a history file whose line passes, in the order of the lines. Throws `TypeError` on a line that is none. */
export async function* readHistory(path: string, passes: (line: string) => boolean = () => true): AsyncGenerator<HistoryOperation> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (passes(line)) yield parsed(line, `${path}, line ${number}`);
  }
}

const operations: readonly string[] = ['get', 'put', 'compareAndSet', 'delete'] satisfies readonly HistoryOperation['op'][];
const outcomes: readonly string[] = ['ok', 'refused', 'unknown'] satisfies readonly HistoryOperation['outcome'][];

function parsed(line: string, where: string): HistoryOperation {
  const value = jsonIn(line) as Partial<Record<keyof HistoryOperation, unknown>> | null;
  const isTime = (time: unknown): boolean => typeof time === 'number' && Number.isSafeInteger(time);
  if (value === null || typeof value !== 'object' || typeof value.client !== 'string' || typeof value.key !== 'string' || !isOneOf(operations, value.op)
    || !isOneOf(outcomes, value.outcome) || value.in === undefined || value.out === undefined || !isTime(value.start) || !(value.end === null || isTime(value.end))) {
    throw new TypeError(`${where}: this is no operation of a history: ${line.slice(0, 120)}`);
  }
  return value as HistoryOperation;
}

function isOneOf(names: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && names.includes(value);
}

/** `null` for what is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
