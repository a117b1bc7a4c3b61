import { execFileSync } from 'node:child_process';

/** Resident memory of processes, looked at now and then: what each had first, and at most. In bytes. */
export class MemoryWatch {
  readonly first = new Map<number, number>();
  readonly peak = new Map<number, number>();
  readonly #pids: readonly number[];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.look();
    this.#timer = setInterval(() => this.look(), 250);
  }

  look(): void {
    for (const pid of this.#pids) {
      const bytes = residentBytes(pid);
      if (!this.first.has(pid)) this.first.set(pid, bytes);
      this.peak.set(pid, Math.max(bytes, this.peak.get(pid) ?? 0));
    }
  }

  get peakBytes(): number {
    return Math.max(...this.peak.values());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.look();
  }
}

export function residentBytes(pid: number): number {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}
