import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, renameSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const meshCommand = fileURLToPath(new URL('../../bin/mesh.js', import.meta.url));
const logBytesMax = 16 * 1024 * 1024;

export interface ChildOptions {
  /** Arguments of `mesh`; never a secret. */
  readonly args: readonly string[];
  /** First line on its standard input: what must not be in arguments. */
  readonly firstLine?: string;
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A `mesh` process of ours. Its standard input stays open for as long as we live; when we die, even by SIGKILL, it reads
 * the end of it and exits (see `exitWithParent`). It says one JSON line on standard output once it is ready.
 */
export class Child {
  readonly process: ChildProcess;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;

  constructor(options: ChildOptions) {
    const log = openLog(options.logFile);
    this.process = spawn(process.execPath, [meshCommand, ...options.args, '--exit-with-parent'], { stdio: ['pipe', 'pipe', log], env: { ...process.env, ...options.environment } });
    closeSync(log);
    this.exited = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve({ code, signal })));
    // The child may die before it reads: that shows as its exit.
    this.process.stdin?.on('error', () => {});
    if (options.firstLine !== undefined) this.process.stdin?.write(`${options.firstLine}\n`);
    this.ready = new Promise((resolve, reject) => {
      const { stdout } = this.process;
      if (stdout === null) throw new Error('a child has a standard output');
      createInterface({ input: stdout }).on('line', (line) => {
        try {
          const value: unknown = JSON.parse(line);
          if (typeof value === 'object' && value !== null && 'ready' in value) resolve({ ...value });
        } catch {
          // Other output than JSON is of no interest here.
        }
      });
      void this.exited.then(({ code, signal }) => reject(new Error(`mesh ${options.args.slice(0, 2).join(' ')} ended before it was ready (${signal ?? `exit code ${code}`}); its log: ${options.logFile}`)));
    });
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Asks it to end; after `graceMs` makes it. */
  async stop(graceMs: number): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }
}

/** Appends; a log grown past its bound makes room by becoming `.1`. */
function openLog(path: string): number {
  try {
    if (statSync(path).size > logBytesMax) renameSync(path, `${path}.1`);
  } catch {
    // Not there yet.
  }
  return openSync(path, 'a', 0o600);
}
