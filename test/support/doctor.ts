import { execFile, type ChildProcess } from 'node:child_process';
import { expect } from '@jest/globals';
import { eventually, meshCommand, runMesh, startLasting } from './processes.ts';

export interface Found { readonly code: string; readonly severity: 'problem' | 'warning'; readonly what: string; readonly why: string; readonly next: string }
export interface Examined { readonly exitCode: number; readonly codes: readonly string[]; readonly findings: readonly Found[] }

/** What is about the machine that the tests run on, and not about the mesh. */
const ofThisMachine = ['descriptorsFew', 'diskNearlyFull'];

/** Runs the real `mesh doctor` on a mesh, and follows its advice. */
export class Doctor {
  readonly #args: readonly string[];
  /** Processes that an advice started; they last. */
  readonly #started: ChildProcess[] = [];

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  async examine({ args = [], environment = {} }: { readonly args?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {}): Promise<Examined> {
    const { code, stdout, stderr } = await runMesh(['doctor', '--json', ...this.#args, ...args], environment);
    if (stdout === '') throw new Error(`mesh doctor printed nothing: ${stderr}`);
    const findings = (JSON.parse(stdout) as { readonly findings: readonly Found[] }).findings.filter((finding) => !ofThisMachine.includes(finding.code));
    return { exitCode: code, findings, codes: findings.map((finding) => finding.code) };
  }

  /** Examines until exactly these are found: what was broken shows after a moment. */
  async finds(codes: readonly string[], exitCode: number, options: Parameters<Doctor['examine']>[0] = {}): Promise<readonly Found[]> {
    let last: Examined | null = null;
    const found = await eventually(`mesh doctor finds ${codes.join(', ') || 'nothing'}`, async () => {
      last = await this.examine(options);
      return last.codes.join() === codes.join() && last;
    }, 20_000).catch((error: unknown) => { throw new Error(`${String(error)}; it found: ${JSON.stringify(last)}`, { cause: error }); });
    expect(found.exitCode).toBe(exitCode);
    for (const { what, why, next } of found.findings) for (const text of [what, why, next]) expect(text).toMatch(/\S/);
    return found.findings;
  }

  /** Types the command that a finding gives, as a user would. */
  async follow({ next }: Found): Promise<void> {
    const [command = ''] = next.split('   ');
    const args = command.split(' ').slice(1);
    if (command.startsWith('mesh manager start')) {
      const { child } = await startLasting(process.execPath, [meshCommand, ...args, '--log-level', 'error']);
      this.#started.push(child);
    } else if (command.startsWith('mesh ')) {
      const { code, stderr } = await runMesh(args);
      expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' });
    } else {
      await new Promise<void>((resolve, reject) => { execFile('sh', ['-c', command], (error) => (error === null ? resolve() : reject(error))); });
    }
  }

  async stop(): Promise<void> {
    for (const child of this.#started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGKILL');
      await exited;
    }
  }
}
