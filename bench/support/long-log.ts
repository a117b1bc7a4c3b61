import { join } from 'node:path';
import type { LogWrite } from '@raft-mesh/mesh';
import { encodeRecord } from '@raft-mesh/protocol';
import type { Entry, HardState } from '@raft-mesh/raft';
import type { AgentId, SessionId } from '@raft-mesh/state-machine';
import { openManagerStore } from '@raft-mesh/storage-file';

export interface LongLogOptions {
  /** Directories of managers that are all stopped. */
  readonly directories: readonly string[];
  readonly entries: number;
  /** Whose puts they are, and the number of the first. */
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly firstSequence: number;
  readonly valueBytes: number;
  readonly keys: number;
}

const entriesPerWrite = 4096;

/** Makes the logs of these managers alike, and as long as `entries` more puts of one session would have made them, by the store's own code. Gives the last index. */
export async function writeLongLog({ directories, entries: count, agent, session, firstSequence, valueBytes, keys }: LongLogOptions): Promise<number> {
  const stores = await Promise.all(directories.map((directory) => openManagerStore({ directory: join(directory, 'store') })));
  try {
    const states = await Promise.all(stores.map((store) => store.load()));
    const ahead = states.toSorted((a, b) => lastOf(b.entries).term - lastOf(a.entries).term || b.entries.length - a.entries.length)[0];
    if (ahead === undefined) throw new Error('there is no manager');
    const { term, index: lastIndex, logTimeMs } = lastOf(ahead.entries);
    // Whoever is behind takes the log of the one that is not.
    await Promise.all(stores.map(async (store, number) => {
      const own = states[number];
      if (own !== undefined && lastOf(own.entries).index < lastIndex) await store.write({ hardState: null, truncateFrom: ahead.entries[0]?.index ?? 1, entries: ahead.entries });
    }));
    const highest = Math.max(...states.map((state) => state.hardState.term));
    const hardState: HardState = { term: highest, votedFor: null };
    await Promise.all(stores.map(async (store, number) => {
      if ((states[number]?.hardState.term ?? 0) < highest) await store.write({ hardState, truncateFrom: null, entries: [] });
    }));
    const value = 'x'.repeat(valueBytes);
    for (let written = 0; written < count; written += entriesPerWrite) {
      const entries = Array.from({ length: Math.min(entriesPerWrite, count - written) }, (_, offset): Entry => {
        const number = written + offset;
        const sequence = firstSequence + number;
        const record = { kind: 'command', agent, session, sequence, acknowledgedThrough: sequence - 1, module: 'documents', command: 'put', arguments: { key: `bench/${number % keys}`, value }, random: null } as const;
        return { kind: 'command', term, index: lastIndex + 1 + number, logTimeMs: logTimeMs + Math.floor(number / 100), data: encodeRecord(record) };
      });
      const write: LogWrite = { hardState: null, truncateFrom: null, entries };
      await Promise.all(stores.map((store) => store.write(write)));
    }
    return lastIndex + count;
  } finally {
    for (const store of stores) await store.close();
  }
}

function lastOf(entries: readonly Entry[]): Entry {
  const last = entries.at(-1);
  if (last === undefined) throw new Error('a manager that has run has entries in its log');
  return last;
}
