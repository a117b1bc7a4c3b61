import type { Locks } from './tab.ts';

/** The browser's Web Locks; `null` where it offers none, as outside of secure contexts. */
export function webLocks(): Locks | null {
  const manager = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (manager === undefined) return null;
  return {
    acquire: (name, wait, whenHeld) => new Promise((resolve, reject) => {
      const held = (lock: Lock | null): Promise<void> | undefined => {
        resolve(lock !== null);
        // The lock is held until this promise settles.
        return lock === null ? undefined : new Promise((release) => { whenHeld(release); });
      };
      manager.request(name, { ifAvailable: !wait }, held).catch(reject);
    }),
  };
}
