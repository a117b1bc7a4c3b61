import type { Log, Manager } from '@raft-mesh/mesh';
import { encodeSnapshot } from '@raft-mesh/mesh';
import type { ManagerIdentity } from '@raft-mesh/protocol';
import type { App } from '@raft-mesh/state-machine';
import type { ControlPlaneClient } from './control-plane-client.ts';
import { snapshotBytesMax } from './control-plane-client.ts';
import { createManagerProof } from './manager-proof.ts';
import { sha256 } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';

export interface SnapshotUploaderOptions {
  readonly manager: Pick<Manager, 'status' | 'snapshot'>;
  readonly identity: ManagerIdentity;
  readonly signingKey: SigningKey;
  readonly app: App;
  readonly client: Pick<ControlPlaneClient, 'putSnapshot'>;
  readonly log: Log;
  /** Default 10,000. After a failure twice as long each time, up to `intervalMs` × 30. */
  readonly intervalMs?: number;
}

const backoffFactorMax = 30;

/**
 * While this manager leads, sends its state to the control plane now and then, when it has changed. Off the commit path: it works on a
 * reference to the state, in slices, and nothing waits for it; a control plane that is down only makes the kept snapshot older.
 */
export class SnapshotUploader {
  readonly #options: SnapshotUploaderOptions;
  readonly #intervalMs: number;
  #sentIndex = -1;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #stopped = false;
  /** Whether it looks again and again; otherwise only when it is told of a change. */
  #repeats = false;
  #hasNews = false;

  constructor(options: SnapshotUploaderOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 10_000;
  }

  /** Looks every `intervalMs`. */
  start(): void {
    this.#repeats = true;
    this.#schedule();
  }

  /** Instead of `start`: something has changed, and is sent after `intervalMs`. While nothing does there is no timer. */
  changed(): void {
    this.#hasNews = true;
    this.#schedule();
  }

  /** Resolves when nothing is under way any more; the client's own signal ends what is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  /** One attempt, now. `stored` and `nothingToDo` are fine; `failed` is tried again later by the timer. */
  async sendNow(): Promise<'stored' | 'nothingToDo' | 'failed' | 'ended'> {
    const { manager, identity, signingKey, app, client, log } = this.#options;
    const { role, appliedIndex } = manager.status();
    if (role !== 'leader' || appliedIndex === this.#sentIndex || appliedIndex === 0) return 'nothingToDo';
    const { snapshot, term } = manager.snapshot();
    const data = await gather(encodeSnapshot(app, snapshot));
    if (data === null) {
      log.error({ limitBytes: snapshotBytesMax }, 'the state is larger than the control plane takes; no snapshot was sent');
      return 'failed';
    }
    const proof = await createManagerProof(identity, signingKey, { purpose: 'putSnapshot', snapshot: { term, index: snapshot.index, logTimeMs: snapshot.logTimeMs, sha256: sha256(data) } });
    const stored = await client.putSnapshot(identity.mesh, proof, data);
    if (stored.ok || stored.problem.code === 'snapshotOlder') {
      this.#sentIndex = snapshot.index;
      return 'stored';
    }
    const { code, detail } = stored.problem;
    if (!this.#stopped) log.warn({ code, detail }, 'the control plane did not take a snapshot');
    return code === 'incarnationEnded' ? 'ended' : 'failed';
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== null || this.#isRunning) return;
    const delayMs = this.#intervalMs * Math.min(2 ** this.#failures, backoffFactorMax);
    this.#timer = setTimeout(() => { this.#timer = null; this.#running = this.#run(); }, delayMs);
    // A process that has nothing else to do need not stay for this.
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#hasNews = false;
    try {
      const result = await this.sendNow();
      this.#failures = result === 'failed' ? this.#failures + 1 : 0;
      if (result === 'ended') return;
    } catch (error) {
      this.#failures += 1;
      this.#options.log.error({ error: error instanceof Error ? error.message : String(error) }, 'a snapshot could not be sent');
    } finally {
      this.#isRunning = false;
    }
    if (this.#repeats || this.#hasNews || this.#failures > 0) this.#schedule();
  }
}

/** All pieces as one, with a pause between any two, so that links and timers keep their turn. */
async function gather(pieces: Iterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer> | null> {
  const gathered: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const piece of pieces) {
    sizeBytes += piece.length;
    if (sizeBytes > snapshotBytesMax) return null;
    gathered.push(piece);
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  return new Uint8Array(Buffer.concat(gathered));
}
