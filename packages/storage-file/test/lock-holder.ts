import { DirectoryLock } from '@raft-mesh/storage-file';

// A process of its own that takes a lock, says so, and holds it until it is killed.
await DirectoryLock.acquire(process.argv[2] ?? '');
process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
