import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  /** The program: a file that Node runs. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Another command that runs Node with the program, as `ip netns exec …`; it must become it. */
  readonly runBy?: readonly string[];
  /** First line on its standard input: what must not be in arguments. */
  readonly firstLine?: string;
  readonly logFile: string;
}

/** Far more than any start takes, but for one that hangs. */
const readyTimeoutMs = 60_000;

/**
 * A process of ours. Its standard input stays open for as long as we live; when we die, even by SIGKILL, it reads the end of it and exits.
 * It says one line of JSON when it is ready.
 */
export class Child {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;

  constructor({ entry, args = [], runBy = [], firstLine, logFile }: ChildOptions) {
    const log = openSync(logFile, 'a', 0o600);
    const [command = process.execPath, ...commandArgs] = [...runBy, process.execPath, entry, ...args];
    const child = spawn(command, commandArgs, { stdio: ['pipe', 'pipe', log] });
    closeSync(log);
    this.process = child;
    this.exited = new Promise((resolve) => { child.once('exit', (code, signal) => resolve({ code, signal })); });
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('a child has standard input and output');
    // It may die before it reads: that shows as its exit.
    stdin.on('error', () => {});
    if (firstLine !== undefined) stdin.write(`${firstLine}\n`);
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${entry} was not ready within ${readyTimeoutMs / 1000} s; its log: ${logFile}`)), readyTimeoutMs);
      createInterface({ input: stdout }).once('line', () => { clearTimeout(timer); resolve(); });
      void this.exited.then(() => clearTimeout(timer));
      void this.exited.then(({ code, signal }) => reject(new Error(`${entry} ended before it was ready (${signal ?? `exit code ${String(code)}`}); its log: ${logFile}`)));
    });
    this.ready.catch(() => {});
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to end; after `graceMs` makes it. */
  async stop(graceMs: number): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }
}
