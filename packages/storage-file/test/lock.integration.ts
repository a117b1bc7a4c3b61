import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createManagerDirectory, DirectoryLockedError, openManagerStore } from '@raft-mesh/storage-file';
import { append, command, firstSnapshot, identity } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory: string;
let remove: () => Promise<void>;
let killHolder: () => void = () => undefined;
beforeEach(async () => ({ child: directory, remove } = await temporaryDirectory()));
afterEach(async () => {
  killHolder();
  await remove();
});

test('a directory held by another process is refused, and free as soon as that process is dead by SIGKILL', async () => {
  await createManagerDirectory({ directory, identity, snapshot: firstSnapshot });
  const script = new URL('./lock-holder.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@raft-mesh/source', script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  killHolder = () => { child.kill('SIGKILL'); };
  await once(child.stdout, 'data');
  await expect(openManagerStore({ directory })).rejects.toThrow(DirectoryLockedError);
  await expect(openManagerStore({ directory })).rejects.toThrow(directory);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = await openManagerStore({ directory });
  await store.write(append(command(1)));
  await store.close();
});
