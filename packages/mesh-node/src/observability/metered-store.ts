import type { ManagerStore } from '@raft-mesh/mesh';

/** A store whose every write of the log is measured. */
export function meteredStore(store: ManagerStore, nowMs: () => number, flushed: (durationMs: number, entries: number) => void): ManagerStore {
  return {
    load: () => store.load(),
    async write(batch) {
      const startedAtMs = nowMs();
      await store.write(batch);
      flushed(nowMs() - startedAtMs, batch.entries.length);
    },
    saveSnapshot: (meta, data) => store.saveSnapshot(meta, data),
    readSnapshot: (lastIndex, offsetBytes, lengthBytesMax) => store.readSnapshot(lastIndex, offsetBytes, lengthBytesMax),
    compact: (throughIndex) => store.compact(throughIndex),
    receiveSnapshotChunk: (meta, offsetBytes, data) => store.receiveSnapshotChunk(meta, offsetBytes, data),
    installSnapshot: (meta) => store.installSnapshot(meta),
    onRoom: (handler) => store.onRoom?.(handler),
    close: () => store.close(),
  };
}
