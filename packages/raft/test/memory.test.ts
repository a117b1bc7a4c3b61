import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { RaftNode } from '@raft-mesh/raft';
import type { Entry } from '@raft-mesh/raft';
import { bytes, configurationOf, optionsOf, snapshotAt } from './harness/fixtures.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

function started(): { readonly node: RaftNode; readonly oldEntry: WeakRef<Entry> } {
  const entries = Array.from({ length: 10 }, (_, at): Entry => ({ kind: 'command', term: 1, index: at + 1, logTimeMs: 0, data: bytes('x') }));
  const configuration = configurationOf('a', 'b', 'c');
  const { persisted } = optionsOf('a', { snapshot: snapshotAt(0, 0, configuration) });
  const options = { ...optionsOf('a', {}), persisted: { ...persisted, hardState: { term: 1, votedFor: null }, entries } };
  const node = new RaftNode(options, 0);
  const b = optionsOf('b', {}).id;
  node.step({ type: 'message', from: b, message: { type: 'appendRequest', term: 1, previousIndex: 10, previousTerm: 1, entries: [], commitIndex: 10, logTimeMs: 0, readContext: 0 } }, 1);
  node.step({ type: 'applied', index: 10 }, 2);
  node.step({ type: 'snapshotTaken', snapshot: { ...snapshotAt(10, 1, configuration), sizeBytes: 1 }, keepEntries: 0 }, 3);
  return { node, oldEntry: new WeakRef(entries[3] as Entry) };
}

test('what was read from the disk at the start is forgotten once it is compacted', async () => {
  const { node, oldEntry } = started();
  await new Promise((resolve) => { setImmediate(resolve); });
  (collectGarbage as () => void)();
  expect(oldEntry.deref()).toBeUndefined();
  expect(node.status(4).firstIndex).toBe(11);
});
