export type { ControlPlane, ControlPlaneOptions } from './start-control-plane.ts';
export { startControlPlane } from './start-control-plane.ts';
export type { Collection, ControlStore, ListedRecord, Page, RecordContent, StoredRecord } from './state-manager/control-store.ts';
export { recordBytesMax } from './state-manager/control-store.ts';
export { openFileStore } from './state-manager/file-store.ts';
export type { FirestoreStoreOptions } from './state-manager/firestore-store.ts';
export { openFirestoreStore } from './state-manager/firestore-store.ts';
export type { PutResult } from './state-manager/snapshots.ts';
export { Snapshots } from './state-manager/snapshots.ts';
