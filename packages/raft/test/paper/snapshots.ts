import { DrivenNode } from '../harness/driven-node.ts';
import { configurationOf, snapshotAt } from '../harness/fixtures.ts';

/** A leader of a, b and c in term 1 whose entries up to 5 are only in a snapshot of 10 bytes; c has never answered. */
export function compactedLeader(): DrivenNode {
  const node = new DrivenNode('a', { options: { snapshotChunkBytesMax: 4 } }).lead('b');
  node.propose('v', 'w', 'x', 'y');
  node.write();
  node.accept('b', 5);
  node.give({ type: 'applied', index: 5 });
  node.give({ type: 'snapshotTaken', snapshot: snapshotAt(5, 1, configurationOf('a', 'b', 'c'), 10), keepEntries: 0 });
  node.timeout();
  return node.forget();
}

/** The driver has read the piece that was asked for last. */
export function chunkRead(node: DrivenNode, data: Uint8Array): void {
  const read = node.all('readSnapshotChunk').at(-1);
  if (read === undefined) throw new Error('no piece was asked for');
  node.give({ type: 'snapshotChunkRead', to: read.to, snapshot: read.snapshot, offsetBytes: read.offsetBytes, data });
}
