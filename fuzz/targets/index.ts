import type { Target } from '../target.ts';
import { frameTargets } from './frames.ts';
import { managerTargets } from './manager.ts';
import { raftTargets } from './raft.ts';
import { stateMachineTargets } from './state-machine.ts';
import { storageTargets } from './storage.ts';
import { workerTargets } from './worker.ts';

export const targets: readonly Target[] = [...frameTargets, ...managerTargets, ...raftTargets, ...stateMachineTargets, ...storageTargets, ...workerTargets];
