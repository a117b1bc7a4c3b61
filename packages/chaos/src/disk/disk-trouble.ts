import { noTrouble, type DiskTrouble } from '../control/chaos-control.ts';
import type { DiskConditions } from './lossy-file.ts';

/** The trouble that one manager's disk has now. */
export class TroubledDisk implements DiskConditions {
  #trouble: DiskTrouble = noTrouble;

  set(trouble: DiskTrouble): void {
    this.#trouble = trouble;
  }

  beforeWrite(): void {
    if (this.#trouble.full) throw Object.assign(new Error('ENOSPC: no space left on device (chaos)'), { code: 'ENOSPC' });
  }

  async beforeFlush(): Promise<void> {
    const { flushDelayMs } = this.#trouble;
    if (flushDelayMs > 0) await new Promise<void>((resolve) => { setTimeout(resolve, flushDelayMs); });
  }
}
