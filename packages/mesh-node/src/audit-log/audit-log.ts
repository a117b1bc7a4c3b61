import { mkdir, open, readFile, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { flushDirectory } from '../private-file.ts';
import { auditFileName, auditFiles } from './audit-files.ts';
import { chainStart, decodeAuditLine, encodeAuditLine } from './audit-line.ts';
import type { AuditEvent, ChainEnd } from './audit-line.ts';

export interface AuditLogOptions {
  /** Made when missing; readable by its owner only. One process at a time may write there. */
  readonly directory: string;
  /** Wall clock in ms. Default: the system's. */
  readonly nowWallMs?: () => number;
  /** After this many bytes a file is full and the next begins. Default 8 MiB. */
  readonly fileBytesMax?: number;
  /** The oldest file goes when there are more; its going is noted in the log. Default 16. */
  readonly filesMax?: number;
}

interface Waiting { readonly event: AuditEvent; readonly resolve: () => void; readonly reject: (error: unknown) => void }

const queueMax = 10_000;

/**
 * Security events as lines of JSON that are only ever added to. Each line carries the hash of the one before, over the borders of files, so that
 * nothing can be changed, left out or put in without the rest being made anew: `verifyAuditLog`.
 */
export class AuditLog {
  readonly #options: Required<AuditLogOptions>;
  #file: FileHandle | null = null;
  #fileBytes = 0;
  #end: ChainEnd;
  #queue: Waiting[] = [];
  /** Files that went, and whose going is not written down yet. */
  #removals: readonly AuditEvent[] = [];
  #dropped = 0;
  #writing: Promise<void> | null = null;
  #isClosed = false;

  private constructor(options: Required<AuditLogOptions>, end: ChainEnd) {
    this.#options = options;
    this.#end = end;
  }

  /** Goes on with the chain that is there. A last line that a crash cut short is removed, and the log says so. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const all = { nowWallMs: () => Date.now(), fileBytesMax: 8 * 1024 * 1024, filesMax: 16, ...options };
    await mkdir(all.directory, { recursive: true, mode: 0o700 });
    const last = (await auditFiles(all.directory)).at(-1);
    const found = last === undefined ? null : await lastLine(path.join(all.directory, last.name), last.firstSequence);
    const log = new AuditLog(all, found?.end ?? chainStart);
    if (last !== undefined) await log.#openFile(last.name);
    if (found !== null && found.cutBytes > 0) await log.record({ event: 'auditLogCutShort', bytes: found.cutBytes });
    if (found !== null && found.isDamaged) await log.record({ event: 'auditLogDamaged' });
    return log;
  }

  /** Where the chain has come to. Noted elsewhere, it shows later that nothing was taken off the end. */
  get end(): ChainEnd {
    return this.#end;
  }

  /** Resolves once the event is on disk. When more wait than may, it is dropped; how many were is noted in the log. Rejects when the disk fails. */
  record(event: AuditEvent): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    if (this.#queue.length >= queueMax) {
      this.#dropped += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ event, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#file?.close();
    this.#file = null;
  }

  /** Everything that waits, in as few flushes as there are turns. */
  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#append([...batch.map(({ event }) => event), ...this.#takeDropped()]);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    // At once, with nothing in between: what is recorded from now on begins anew.
    this.#writing = null;
  }

  #takeDropped(): readonly AuditEvent[] {
    const count = this.#dropped;
    this.#dropped = 0;
    return count === 0 ? [] : [{ event: 'auditEventsDropped', count }];
  }

  async #append(events: readonly AuditEvent[]): Promise<void> {
    let end = this.#end;
    const file = this.#file !== null && this.#fileBytes < this.#options.fileBytesMax ? this.#file : await this.#nextFile();
    const lines: string[] = [];
    for (const event of [...this.#removals, ...events]) {
      const encoded = encodeAuditLine(end, this.#options.nowWallMs(), event);
      lines.push(`${encoded.line}\n`);
      end = encoded.end;
    }
    const data = Buffer.from(lines.join(''), 'utf8');
    try {
      await file.appendFile(data);
      await file.datasync();
    } catch (error) {
      // How much of it is there cannot be known: the next line must not come behind half a line.
      await file.truncate(this.#fileBytes).catch(() => undefined);
      throw error;
    }
    this.#removals = [];
    this.#fileBytes += data.length;
    this.#end = end;
  }

  async #nextFile(): Promise<FileHandle> {
    const { directory, filesMax } = this.#options;
    await this.#file?.close();
    const file = await this.#openFile(auditFileName(this.#end.sequence + 1));
    const files = await auditFiles(directory);
    for (const [at, { name }] of files.slice(0, Math.max(0, files.length - filesMax)).entries()) {
      const next = files[at + 1];
      const text = await readFile(path.join(directory, name), 'utf8');
      const last = decodeAuditLine(text.trimEnd().split('\n').at(-1) ?? '');
      const removal = { event: 'auditFileRemoved', file: name, lastSequence: last.ok ? last.end.sequence : (next?.firstSequence ?? 1) - 1, lastHash: last.ok ? last.end.hash : null };
      this.#removals = [...this.#removals, removal];
      await rm(path.join(directory, name));
    }
    await flushDirectory(directory);
    return file;
  }

  async #openFile(name: string): Promise<FileHandle> {
    const file = await open(path.join(this.#options.directory, name), 'a', 0o600);
    this.#file = file;
    this.#fileBytes = (await file.stat()).size;
    return file;
  }
}

/** The end of the chain in a file, after taking off what is no whole line. */
async function lastLine(file: string, firstSequence: number): Promise<{ readonly end: ChainEnd; readonly cutBytes: number; readonly isDamaged: boolean }> {
  const data = await readFile(file);
  const whole = data.lastIndexOf(10) + 1;
  if (whole < data.length) await truncate(file, whole);
  const cutBytes = data.length - whole;
  const lines = data.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
  const text = lines.at(-1);
  // The file was begun, and nothing is in it: its name says how many came before.
  if (text === undefined) return { end: { sequence: firstSequence - 1, hash: await hashBefore(path.dirname(file), path.basename(file)) }, cutBytes, isDamaged: false };
  const line = decodeAuditLine(text);
  // Verifying will point at the damage; what follows counts on from it.
  return line.ok ? { end: line.end, cutBytes, isDamaged: false } : { end: { sequence: firstSequence + lines.length - 1, hash: chainStart.hash }, cutBytes, isDamaged: true };
}

async function hashBefore(directory: string, name: string): Promise<string> {
  const before = (await auditFiles(directory)).filter((file) => file.name < name).at(-1);
  if (before === undefined) return chainStart.hash;
  const line = decodeAuditLine((await readFile(path.join(directory, before.name), 'utf8')).trimEnd().split('\n').at(-1) ?? '');
  return line.ok ? line.end.hash : chainStart.hash;
}
