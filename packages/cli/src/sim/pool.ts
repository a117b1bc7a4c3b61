import { fork, type ChildProcess } from 'node:child_process';
import type { RunResult } from '@raft-mesh/simulator';

/** What a child tells of one seed. */
export interface ChildRun {
  readonly seed: number;
  readonly result: RunResult;
  readonly wallMs: number;
}

export interface PoolOptions {
  readonly workers: number;
  readonly app: string;
  readonly seeds: Iterator<number>;
  readonly onRun: (run: ChildRun) => void;
  /** No seed begins after it fired. */
  readonly signal: AbortSignal;
}

/** One that takes longer than this, in ms, does not end. */
const seedLimitMs = 300_000;

/**
 * Runs seeds in child processes, each of which takes the next seed when it has done one. A child that dies, or does not end, fails the seed it
 * was at; another takes its place.
 */
export async function runInPool(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => runLane(options)));
}

async function runLane(options: PoolOptions): Promise<void> {
  for (let ended: 'died' | 'done' = 'died'; ended === 'died' && !options.signal.aborted;) ended = await runChild(options);
}

function runChild({ app, seeds, onRun, signal }: PoolOptions): Promise<'died' | 'done'> {
  const script = process.argv[1];
  if (script === undefined) throw new Error('this process was not started from a file');
  return new Promise((resolve) => {
    const child = fork(script, ['sim', 'work', '--app', app], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let seed: number | null = null;
    let limit: NodeJS.Timeout | undefined;
    let problem = '';
    let isDone = false;
    const next = (): void => {
      clearTimeout(limit);
      const drawn = signal.aborted ? null : seeds.next();
      if (drawn === null || drawn.done === true) {
        seed = null;
        isDone = true;
        child.disconnect();
        return;
      }
      seed = drawn.value;
      limit = setTimeout(() => {
        problem = `did not end within ${seedLimitMs} ms`;
        child.kill('SIGKILL');
      }, seedLimitMs);
      send(child, seed);
    };
    child.on('message', (message) => {
      // Our own child: it says that it is ready, then one result after another.
      if (message !== 'ready') onRun(message as unknown as ChildRun);
      next();
    });
    child.on('error', (error) => { problem = error.message; });
    child.once('exit', (code, killedBy) => {
      clearTimeout(limit);
      if (seed !== null) onRun({ seed, result: diedAt(problem === '' ? `the process ended with ${killedBy ?? code ?? 'an error'}` : problem), wallMs: 0 });
      // One that could not even begin will not begin the next time either.
      resolve(isDone || seed === null ? 'done' : 'died');
    });
  });
}

function send(child: ChildProcess, seed: number): void {
  // A child that is gone shows by its exit.
  child.send({ seed }, () => {});
}

function diedAt(message: string): RunResult {
  return { failure: { promise: 'runs', message, atMs: 0 }, events: 0, operations: 0, simulatedMs: 0, faults: {}, traceHash: '' };
}

/** What a child does: runs the seeds it is sent, until its parent is gone. */
export async function workForParent(run: (seed: number) => Promise<ChildRun>): Promise<void> {
  // Ctrl-C reaches the whole group; the parent decides when its children end.
  process.on('SIGINT', () => {});
  const gone = new Promise<void>((resolve) => { process.once('disconnect', resolve); });
  process.on('message', (message) => {
    if (typeof message !== 'object' || message === null || !('seed' in message) || typeof message.seed !== 'number') return;
    const { seed } = message;
    void (async () => { process.send?.(await run(seed)); })();
  });
  process.send?.('ready');
  await gone;
}
