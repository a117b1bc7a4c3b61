import { openManagerStore, createManagerDirectory, openWorkerStore, readOutcomes } from '@raft-mesh/storage-file';
import { suiteConfiguration, testManagerStore } from '@raft-mesh/testkit/suites/manager-store';
import { testWorkerStore } from '@raft-mesh/testkit/suites/worker-store';
import { firstSnapshot, identity } from './manager-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

for (const segmentBytesMax of [64 * 1024 * 1024, 400]) {
  testManagerStore(`The file store with segments of ${segmentBytesMax} bytes`, {
    async createSubject() {
      const { child: directory, remove } = await temporaryDirectory();
      await createManagerDirectory({ directory, identity, snapshot: { ...firstSnapshot, configuration: suiteConfiguration } });
      return { open: () => openManagerStore({ directory, segmentBytesMax }), dispose: remove };
    },
    ownership: { exclusive: true },
  });
}

for (const journalBytesMax of [1024 * 1024, 600]) {
  testWorkerStore(`The file store with a journal of ${journalBytesMax} bytes`, {
    async createSubject() {
      const { child: directory, remove } = await temporaryDirectory();
      return { open: () => openWorkerStore({ directory, journalBytesMax }), readOutcomes: () => readOutcomes(directory), dispose: remove };
    },
    ownership: { exclusive: true },
    sequences: { checked: true },
  });
}
