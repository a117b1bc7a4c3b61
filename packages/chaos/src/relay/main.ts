import { exitWithParent } from '@raft-mesh/mesh-node';
import { ChaosDirectory } from '../control/chaos-directory.ts';
import { Relay } from './relay.ts';

// The relay of a chaos run, as a process of its own. It ends with its parent.

const directory = new ChaosDirectory(process.argv[2] ?? '');
exitWithParent(() => {
  directory.resumePausedNow();
  process.exit(0);
});
process.once('SIGTERM', () => process.exit(0));
const relay = new Relay(directory);
await relay.start();
process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
