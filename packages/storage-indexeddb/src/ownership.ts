import { DatabaseOwnedError } from './errors.ts';

/** Sole ownership of a database, among tabs where the browser has Web Locks, and within this page everywhere. */
export interface Ownership {
  release(): void;
}

// Web Locks exist in secure contexts only. A page served over plain HTTP from another machine has no guard against a second tab.
const ownedHere = new Set<string>();

/** `refuse` throws `DatabaseOwnedError` while there is another owner; `wait` waits for it to let go (Web Locks only). The browser frees the lock when the owner ends, however that happens. */
export async function acquireOwnership(databaseName: string, whenOwned: 'refuse' | 'wait'): Promise<Ownership> {
  const locks = webLocks();
  if (locks === null) {
    if (ownedHere.has(databaseName)) throw new DatabaseOwnedError(databaseName);
    ownedHere.add(databaseName);
    return { release: () => { ownedHere.delete(databaseName); } };
  }
  return await new Promise((resolve, reject) => {
    const options = whenOwned === 'refuse' ? { ifAvailable: true } : {};
    locks.request(`raft-mesh/worker-store/${databaseName}`, options, (lock) => {
      if (lock === null) {
        reject(new DatabaseOwnedError(databaseName));
        return undefined;
      }
      // The lock is held until this promise settles.
      return new Promise<void>((free) => resolve({ release: free }));
    }).catch(reject);
  });
}

function webLocks(): LockManager | null {
  return (globalThis.navigator as Navigator | undefined)?.locks ?? null;
}
