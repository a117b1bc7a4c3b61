import { MemoryManagerStore, MemoryWorkerStore, emptyPersistedState } from '@raft-mesh/testkit';
import { suiteConfiguration, testManagerStore } from '@raft-mesh/testkit/suites/manager-store';
import { testWorkerStore } from '@raft-mesh/testkit/suites/worker-store';

const reason = 'a memory store belongs to the test that holds it';

testManagerStore('The memory store', {
  createSubject() {
    let store = new MemoryManagerStore(emptyPersistedState(suiteConfiguration));
    let lives = 0;
    return Promise.resolve({
      open() {
        if (lives > 0) store = store.crash();
        lives += 1;
        return Promise.resolve(store);
      },
      dispose: () => Promise.resolve(),
    });
  },
  ownership: { exclusive: false, reason },
});

testWorkerStore('The memory store', {
  createSubject() {
    let store = new MemoryWorkerStore();
    return Promise.resolve({
      open() {
        store = store.crash();
        return Promise.resolve(store);
      },
      readOutcomes: () => Promise.resolve(store.outcomes),
      dispose: () => Promise.resolve(),
    });
  },
  ownership: { exclusive: false, reason },
  sequences: { checked: false, reason: 'tests of the worker may store what they like' },
});
