import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const meshCommand = fileURLToPath(new URL('../../packages/cli/bin/mesh.js', import.meta.url));

export interface Run { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs one `mesh` command to its end. `environment`: more variables. */
export function runMesh(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [meshCommand, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...(Object.keys(environment).length === 0 ? {} : { env: { ...process.env, ...environment } }) });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); });
    child.stderr.on('data', (data: Buffer) => { stderr += data.toString(); });
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** A command that stays, with its first JSON line. `environment`: more variables; what a test sets in its own `process.env` is not seen outside of Jest. */
export async function startLasting(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<{ readonly child: ChildProcess; readonly first: Record<string, unknown>; readonly exited: Promise<number | null> }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment }, cwd: fileURLToPath(new URL('../..', import.meta.url)) });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const first = await new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as Record<string, unknown>));
    void exited.then((code) => reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}`)));
  });
  return { child, first, exited };
}

/** Pids of the children of a process. */
export function childrenOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).split('\n').map(Number).filter((child) => child > 0);
  } catch {
    return [];
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet has ended all the same.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

/** Resolves when `holds` gives something; looks every 50 ms, because other processes send no events. */
export async function eventually<Value>(what: string, holds: () => Promise<Value | null | undefined | false> | Value | null | undefined | false, timeoutMs = 30_000): Promise<Value> {
  const endsAtMs = performance.now() + timeoutMs;
  let last: unknown = null;
  while (performance.now() < endsAtMs) {
    try {
      const value = await holds();
      if (value !== null && value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${timeoutMs / 1000} s: ${what}${last === null ? '' : ` (${String(last)})`}`);
}
