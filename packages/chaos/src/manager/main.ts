import { createLogger, exitWithParent, readManagerIdentity, startManager } from '@raft-mesh/mesh-node';
import * as z from 'zod/mini';
import { ChaosDirectory } from '../control/chaos-directory.ts';
import { documentsApp } from '../cluster/documents-app.ts';
import { chaosManagerOptions } from './manager-options.ts';

// A manager of a chaos run, as a process of its own: `mesh manager start` with a disk and links that can be broken. It ends with its parent.

const order = z.object({ directory: z.string(), chaosDirectory: z.string(), host: z.string(), snapshotLogBytes: z.number() });

let stop = (): void => process.exit(0);
let resumePaused = (): void => {};
const { firstLine } = exitWithParent(() => {
  resumePaused();
  stop();
});
process.once('SIGTERM', () => stop());
const { directory, chaosDirectory, host, snapshotLogBytes } = order.parse(JSON.parse(await firstLine));
resumePaused = () => new ChaosDirectory(chaosDirectory).resumePausedNow();
const identity = await readManagerIdentity(directory);
if (identity === null) throw new Error(`${directory} holds no manager`);
const manager = await startManager({
  directory, host, app: documentsApp, controlPlane: null, logger: createLogger({ level: 'info', name: `manager ${identity.manager}` }),
  tuning: { snapshotLogBytes }, ...chaosManagerOptions(chaosDirectory, identity.manager),
  onStopped: (reason) => {
    process.stderr.write(`stopped: ${reason}\n`);
    process.exit(1);
  },
});
stop = () => {
  setTimeout(() => process.exit(1), 5_000).unref();
  void manager.stop().then(() => process.exit(0));
};
process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
