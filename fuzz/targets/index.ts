import type { Target } from '../target.ts';
import { controlPlaneHttpTargets } from './control-plane-http.ts';
import { fileTargets } from './files.ts';
import { frameTargets } from './frames.ts';
import { gameRecordTargets } from './game-records.ts';
import { lineTargets } from './lines.ts';
import { managerHttpTargets } from './manager-http.ts';
import { managerTargets } from './manager.ts';
import { raftTargets } from './raft.ts';
import { metricsHttpTargets } from './metrics-http.ts';
import { rawSocketTargets } from './raw-sockets.ts';
import { stateMachineTargets } from './state-machine.ts';
import { storageTargets } from './storage.ts';
import { tokenTargets } from './tokens.ts';
import { workerTargets } from './worker.ts';

export const targets: readonly Target[] = [...frameTargets, ...managerTargets, ...raftTargets, ...stateMachineTargets, ...storageTargets, ...workerTargets, ...managerHttpTargets, ...controlPlaneHttpTargets, ...metricsHttpTargets, ...rawSocketTargets, ...tokenTargets, ...fileTargets, ...lineTargets, ...gameRecordTargets];
