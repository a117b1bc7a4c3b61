import type { Message } from '@raft-mesh/raft';
import type { ManagerToManager } from './messages/manager.ts';
import type { ManagerToWorker, WorkerToManager } from './messages/worker.ts';

/** Everything that may cross a link, either way. */
export type WireMessage = WorkerToManager | ManagerToWorker | ManagerToManager | Message;
