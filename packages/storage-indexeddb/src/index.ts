export { deleteWorkerDatabase } from './database.ts';
export { createIndexedDbWorkerStore, readOutcomes } from './worker-store.ts';
export type { IndexedDbWorkerStoreOptions } from './worker-store.ts';
export { DatabaseBlockedError, DatabaseLostError, DatabaseOwnedError, IndexedDbStoreError, SequenceReusedError, StoreClosedError } from './errors.ts';
