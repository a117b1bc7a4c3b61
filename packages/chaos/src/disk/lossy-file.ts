import type { FileSystem, OpenFile } from '@raft-mesh/mesh-node';

interface Write { readonly positionBytes: number; readonly data: Uint8Array }

/** How a faulty disk meets a write and a flush: see `DiskTrouble`. */
export interface DiskConditions {
  /** Throws `ENOSPC` while the disk is full. */
  beforeWrite(): void;
  /** Takes as long as the disk is slow. */
  beforeFlush(): Promise<void>;
}

/**
 * One file of which only what was flushed is on the disk: what was written since stays in the memory of this process, and dies with it.
 * Everyone who has it open shares this.
 */
export class LossyFile {
  readonly #files: FileSystem;
  readonly #conditions: DiskConditions;
  /** Where its bytes lie. Changes with its name, once that is flushed. */
  realPath: string;
  /** Written, not flushed, oldest first. */
  #pending: Write[] = [];
  /** A flush of these is under way. */
  #flushing: readonly Write[] = [];
  /** It was emptied when it was opened, which is not flushed. */
  #isCut: boolean;
  #handle: Promise<OpenFile> | null = null;
  #openCount = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(files: FileSystem, conditions: DiskConditions, realPath: string, isCut: boolean) {
    this.#files = files;
    this.#conditions = conditions;
    this.realPath = realPath;
    this.#isCut = isCut;
  }

  /** Nothing would be lost if the process died now. */
  get isClean(): boolean {
    return this.#openCount === 0 && this.#pending.length === 0 && this.#flushing.length === 0 && !this.#isCut;
  }

  /** As if it were new. Not durable until a flush. */
  cut(): void {
    this.#pending = [];
    this.#isCut = true;
  }

  open(): OpenFile {
    this.#openCount += 1;
    this.#handle ??= this.#files.open(this.realPath, 'update');
    return {
      write: (data, positionBytes) => this.#write(data, positionBytes),
      read: (lengthBytes, positionBytes) => this.#inTurn(() => this.#read(lengthBytes, positionBytes)),
      flush: () => this.#inTurn(() => this.#flush()),
      truncate: (sizeBytes) => this.#inTurn(() => this.#truncate(sizeBytes)),
      sizeBytes: () => this.#inTurn(() => this.#sizeBytes()),
      close: () => this.#inTurn(() => this.#close()),
    };
  }

  async #write(data: Uint8Array, positionBytes: number): Promise<void> {
    this.#conditions.beforeWrite();
    // A copy: the caller may use its buffer again.
    this.#pending.push({ positionBytes, data: Uint8Array.from(data) });
  }

  async #read(lengthBytes: number, positionBytes: number): Promise<Buffer> {
    const end = Math.min(positionBytes + lengthBytes, await this.#sizeBytes());
    const buffer = Buffer.alloc(Math.max(0, end - positionBytes));
    if (!this.#isCut) (await (await this.#file()).read(buffer.length, positionBytes)).copy(buffer);
    for (const { positionBytes: at, data } of this.#writes()) {
      const from = Math.max(at, positionBytes);
      const to = Math.min(at + data.length, end);
      if (from < to) buffer.set(data.subarray(from - at, to - at), from - positionBytes);
    }
    return buffer;
  }

  async #flush(): Promise<void> {
    await this.#conditions.beforeFlush();
    const file = await this.#file();
    this.#flushing = this.#pending;
    this.#pending = [];
    if (this.#isCut) await file.truncate(0);
    this.#isCut = false;
    for (const { data, positionBytes } of this.#flushing) await file.write(data, positionBytes);
    await file.flush();
    this.#flushing = [];
  }

  async #truncate(sizeBytes: number): Promise<void> {
    this.#conditions.beforeWrite();
    await this.#flush();
    await (await this.#file()).truncate(sizeBytes);
  }

  async #sizeBytes(): Promise<number> {
    const durable = this.#isCut ? 0 : await (await this.#file()).sizeBytes();
    return this.#writes().reduce((size, { positionBytes, data }) => Math.max(size, positionBytes + data.length), durable);
  }

  async #close(): Promise<void> {
    this.#openCount -= 1;
    if (this.#openCount > 0) return;
    const handle = this.#handle;
    this.#handle = null;
    await (await handle)?.close();
  }

  #writes(): readonly Write[] {
    return this.#flushing.length === 0 ? this.#pending : [...this.#flushing, ...this.#pending];
  }

  #file(): Promise<OpenFile> {
    if (this.#handle === null) throw new Error(`${this.realPath} is closed`);
    return this.#handle;
  }

  /** What touches the real file happens in the order of the calls. */
  #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const next = this.#turn.then(action);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}
