import { DiskFullError } from './errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

/** Resolves after about this long, in ms. */
export type Pause = (delayMs: number) => Promise<void>;

const lookIntervalMs = 100;
const noRoomCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Whether the device, or the owner's share of it, is full. Said by a write, nothing is lost by it: what was written before is still there. */
export function isNoRoom(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && noRoomCodes.includes(error.code);
}

/**
 * Waits on a full device: what needs room is tried again until it has it. Flushes are never tried again, whatever they say. A write may be
 * tried again because it names its place, and nothing behind it counts until it is flushed.
 */
export class Room {
  readonly #pause: Pause | null;
  #handler: (hasRoom: boolean) => void = () => {};
  #waiting = 0;
  #isPatient = false;

  /** `null`: nobody waits, and a full device is a failed write like any other. */
  constructor(pause: Pause | null) {
    this.#pause = pause;
  }

  onChange(handler: (hasRoom: boolean) => void): void {
    this.#handler = handler;
    if (this.#waiting > 0) handler(false);
  }

  /** From now on writes wait. Before, they get a `DiskFullError`: whoever opens a store wants to know. */
  beginWaiting(): void {
    this.#isPatient = true;
  }

  /** Whoever waits, now or later, gets a `DiskFullError`. */
  giveUp(): void {
    this.#isPatient = false;
  }

  /** These files, whose writes wait for room. */
  waitingFiles(files: FileSystem): FileSystem {
    return filesThat(files, (action) => this.#untilItFits(action));
  }

  /** These files, whose writes throw a `DiskFullError` when there is no room. */
  refusingFiles(files: FileSystem): FileSystem {
    return this.#pause === null ? files : filesThat(files, refusing);
  }

  async #untilItFits<Result>(action: () => Promise<Result>): Promise<Result> {
    const pause = this.#pause;
    if (pause === null) return await action();
    let isWaiting = false;
    try {
      for (;;) {
        try {
          return await action();
        } catch (error) {
          if (!isNoRoom(error)) throw error;
          if (!this.#isPatient) throw new DiskFullError(error);
        }
        if (!isWaiting && ++this.#waiting === 1) this.#handler(false);
        isWaiting = true;
        await pause(lookIntervalMs);
      }
    } finally {
      if (isWaiting && --this.#waiting === 0) this.#handler(true);
    }
  }
}

async function refusing<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw isNoRoom(error) ? new DiskFullError(error) : error;
  }
}

type Attempt = <Result>(action: () => Promise<Result>) => Promise<Result>;

/** Each step that may need room goes through `attempt`. */
function filesThat(files: FileSystem, attempt: Attempt): FileSystem {
  const fileThat = (file: OpenFile): OpenFile => ({
    write: (data, position) => attempt(() => file.write(data, position)),
    read: (length, position) => file.read(length, position),
    flush: () => file.flush(),
    truncate: (size) => file.truncate(size),
    sizeBytes: () => file.sizeBytes(),
    close: () => file.close(),
  });
  return {
    open: async (path, mode) => fileThat(await attempt(() => files.open(path, mode))),
    list: (directory) => files.list(directory),
    makeDirectory: (path) => attempt(() => files.makeDirectory(path)),
    rename: (from, to) => attempt(() => files.rename(from, to)),
    remove: (path) => files.remove(path),
    flushDirectory: (path) => files.flushDirectory(path),
  };
}
