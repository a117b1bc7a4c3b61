/** Is told how a worker's commands go: for traces. Decides nothing and must not throw. */
export interface WorkerObserver {
  /** A command got its sequence number. */
  commandNumbered(mesh: string, session: string, sequence: number, module: string, command: string): void;
  /** It was sent to this manager, for the first time or again. */
  commandSent(mesh: string, session: string, sequence: number, manager: string): void;
  /** Its outcome is durable: `committed`, `refused` or `unknown`. */
  commandEnded(mesh: string, session: string, sequence: number, status: string): void;
  /** The worker has ended; it waits for this before `close` resolves. */
  closed(): Promise<void>;
}
