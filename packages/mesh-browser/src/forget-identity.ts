import type { MeshIdentity } from '@raft-mesh/protocol';
import { deleteWorkerDatabase } from '@raft-mesh/storage-indexeddb';
import { identityName } from './messages.ts';
import type { TabMessage } from './messages.ts';

/**
 * Deletes what this browser keeps of one of its agents, with the secret by which it comes back; `identity` as for `connectBrowser`, `null` for the one
 * without a name. Close its worker first; other tabs of it end. Resolves when nothing is left.
 */
export async function forgetIdentity({ mesh, identity }: { readonly mesh: MeshIdentity; readonly identity: string | null }): Promise<void> {
  const name = identityName({ mesh, identity });
  const tabs = new BroadcastChannel(name);
  tabs.postMessage({ type: 'forgotten' } satisfies TabMessage);
  tabs.close();
  await deleteWorkerDatabase(name);
}
