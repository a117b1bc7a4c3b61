import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@raft-mesh/mesh-node';
import type * as z from 'zod/mini';
import { chaosControl, pausedProcesses, relayLinks, type ChaosControl, type PausedProcess, type RelayLinks } from './chaos-control.ts';

const controlName = 'control.json';
const linksName = 'links.json';
const pausedName = 'paused.json';
const appliedTimeoutMs = 2_000;

/**
 * The files by which chaos is steered: `control.json` says what is to be wrong, `links.json` where the relay listens. Each is replaced
 * whole; whoever reads sees the old or the new one.
 */
export class ChaosDirectory {
  readonly directory: string;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** `null` when chaos mode is not in place here. */
  readControl(): Promise<ChaosControl | null> {
    return this.#read(controlName, chaosControl);
  }

  readLinks(): Promise<RelayLinks | null> {
    return this.#read(linksName, relayLinks);
  }

  /** Replaces the control. Changes of one process are made one after another. */
  change(changed: (control: ChaosControl) => ChaosControl): Promise<ChaosControl> {
    const next = this.#writes.then(async () => {
      const before = await this.readControl();
      if (before === null) throw new Error(`${join(this.directory, controlName)} is not there`);
      const control = { ...changed(before), revision: before.revision + 1 };
      await this.#write(controlName, control);
      return control;
    });
    this.#writes = next.catch(() => undefined);
    return next;
  }

  async create(control: ChaosControl): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await this.#write(controlName, control);
  }

  async readPaused(): Promise<readonly PausedProcess[]> {
    return (await this.#read(pausedName, pausedProcesses)) ?? [];
  }

  /** Lets those go on that were stopped, when whoever stopped them has died: a stopped process cannot find out by itself. */
  resumePausedNow(): void {
    const paused = pausedProcesses.safeParse(this.#readNow(pausedName));
    for (const { pid } of paused.success ? paused.data : []) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It has ended already.
      }
    }
  }

  async writePaused(paused: readonly PausedProcess[]): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await this.#write(pausedName, paused);
  }

  async writeLinks(links: RelayLinks): Promise<void> {
    await this.#write(linksName, links);
  }

  /** Resolves when the relay has done what this revision asks; false after 2 s without. */
  async applied(revision: number): Promise<boolean> {
    let watcher: FSWatcher | undefined;
    const isApplied = async (): Promise<boolean> => ((await this.readLinks())?.revision ?? -1) >= revision;
    const arrived = new Promise<true>((resolve) => {
      const look = (): void => { isApplied().then((done) => { if (done) resolve(true); }, () => {}); };
      watcher = this.#watch(linksName, look);
      look();
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => { timer = setTimeout(() => resolve(false), appliedTimeoutMs); });
    try {
      return await Promise.race([arrived, late]);
    } finally {
      clearTimeout(timer);
      watcher?.close();
    }
  }

  /** Calls back with the control now and after every change. Returns what ends it. */
  follow(onControl: (control: ChaosControl) => void): () => void {
    let isOver = false;
    let last = -1;
    const look = (): void => {
      this.readControl().then((control) => {
        if (isOver || control === null || control.revision <= last) return;
        last = control.revision;
        onControl(control);
      }, (error: unknown) => process.stderr.write(`${String(error)}\n`));
    };
    const watcher = this.#watch(controlName, look);
    look();
    return () => {
      isOver = true;
      watcher.close();
    };
  }

  /** Where `from` is to dial instead of at a manager's address: its own link of the relay, or the address itself when there is none. */
  dialAddress(from: string): (address: string) => string {
    return (address) => {
      const links = relayLinks.safeParse(this.#readNow(linksName));
      const link = links.success ? links.data.links.find((candidate) => candidate.from === from && candidate.address === address) : undefined;
      return link === undefined ? address : `http://127.0.0.1:${link.port}`;
    };
  }

  #watch(name: string, look: () => void): FSWatcher {
    // It is no reason for a process to go on.
    return watch(this.directory, { persistent: false }, (_event, file) => { if (file === name) look(); });
  }

  async #read<Value>(name: string, schema: z.ZodMiniType<Value>): Promise<Value | null> {
    try {
      return schema.parse(JSON.parse(await readFile(join(this.directory, name), 'utf8')));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  #readNow(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.directory, name), 'utf8'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async #write(name: string, value: unknown): Promise<void> {
    const temporary = join(this.directory, `${name}.${process.pid}.partial`);
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
    await rename(temporary, join(this.directory, name));
  }
}
