import 'fake-indexeddb/auto';
import { createIndexedDbWorkerStore, readOutcomes } from '@raft-mesh/storage-indexeddb';
import { testWorkerStore } from '@raft-mesh/testkit/suites/worker-store';
import { deleteDB } from 'idb';

let subjects = 0;

testWorkerStore('The IndexedDB store', {
  createSubject() {
    subjects += 1;
    const databaseName = `worker-${subjects}`;
    return Promise.resolve({
      open: () => createIndexedDbWorkerStore({ databaseName }),
      readOutcomes: () => readOutcomes(databaseName),
      dispose: () => deleteDB(databaseName),
    });
  },
  ownership: { exclusive: true },
  sequences: { checked: true },
});
