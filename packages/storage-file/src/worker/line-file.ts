import { crc32 } from 'node:zlib';
import { WorkerStoreDamagedError } from '../errors.ts';
import { type FileSystem, type OpenFile, readWholeFile } from '../file-system.ts';

const crcDigits = 8;

/** What is in a file of lines, from a position on. */
export interface Lines<Item> {
  readonly items: readonly Item[];
  /** Where the last whole line ends. */
  readonly endBytes: number;
  /** Whether something torn is behind it. */
  readonly torn: boolean;
}

/**
 * An append-only file in which one line is what one flush wrote: eight hexadecimal digits of CRC-32, a space, and
 * `{"at":…,"items":[…]}`, where `at` is the line's own position: all before it had been flushed. See docs/storage-format.md.
 */
export class LineFile {
  readonly #file: OpenFile;
  #endBytes: number;

  private constructor(file: OpenFile, endBytes: number) {
    this.#file = file;
    this.#endBytes = endBytes;
  }

  /** Opens or makes the file, cuts off what is torn, and makes the rest durable. The directory is for the caller to flush. */
  static async open(files: FileSystem, path: string, endBytes: number, exists: boolean): Promise<LineFile> {
    const file = await files.open(path, exists ? 'update' : 'create');
    try {
      await file.truncate(endBytes);
      return new LineFile(file, endBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get endBytes(): number {
    return this.#endBytes;
  }

  /** Durable when it resolves. */
  async append(items: readonly unknown[]): Promise<void> {
    const line = encodeLine(this.#endBytes, items);
    await this.#file.write(line, this.#endBytes);
    await this.#file.flush();
    this.#endBytes += line.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

export function encodeLine(positionBytes: number, items: readonly unknown[]): Buffer {
  const text = JSON.stringify({ at: positionBytes, items });
  return Buffer.from(`${crc32(text).toString(16).padStart(crcDigits, '0')} ${text}\n`);
}

/**
 * The items of all whole lines from this position on; `null` when there is no file. Changes nothing.
 * Throws `WorkerStoreDamagedError` when something is damaged that a later line says was flushed, when the file ends before the position, or
 * when a whole line holds something else than such items.
 */
export async function readLines<Item>(files: FileSystem, path: string, fromBytes: number, isItem: (item: unknown) => item is Item): Promise<Lines<Item> | null> {
  const data = await readWholeFile(files, path);
  if (data === null) return null;
  if (data.length < fromBytes) throw new WorkerStoreDamagedError(path, data.length, `it ends before byte ${fromBytes}, which had been flushed`);
  const items: Item[] = [];
  let position = fromBytes;
  while (position < data.length) {
    const line = decodeLine(data, position);
    if (line === null) break;
    for (const item of line.items) {
      if (!isItem(item)) throw new WorkerStoreDamagedError(path, position, 'this line holds what no version of this program wrote');
      items.push(item);
    }
    position = line.endBytes;
  }
  const later = findLine(data, position);
  if (later !== null) throw new WorkerStoreDamagedError(path, position, `no valid line is here, but one follows at byte ${later}`);
  return { items, endBytes: position, torn: position < data.length };
}

const lineStart = Buffer.from(' {"at":', 'latin1');

/** Where the next whole line begins, at or after this position; `null` when there is none. Not only after a line feed: that may be what is damaged. */
function findLine(data: Buffer, fromBytes: number): number | null {
  for (let found = data.indexOf(lineStart, fromBytes); found !== -1; found = data.indexOf(lineStart, found + 1)) {
    const position = found - crcDigits;
    if (position >= fromBytes && decodeLine(data, position) !== null) return position;
  }
  return null;
}

function decodeLine(data: Buffer, positionBytes: number): { readonly items: readonly unknown[]; readonly endBytes: number } | null {
  const end = data.indexOf('\n', positionBytes);
  if (end === -1) return null;
  const text = data.toString('utf8', positionBytes + crcDigits + 1, end);
  if (data.toString('latin1', positionBytes, positionBytes + crcDigits + 1) !== `${crc32(text).toString(16).padStart(crcDigits, '0')} `) return null;
  const { at, items } = Object(parsed(text)) as { readonly at?: unknown; readonly items?: unknown };
  return at === positionBytes && Array.isArray(items) ? { items, endBytes: end + 1 } : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
