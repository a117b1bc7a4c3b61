import { unreachable } from './assert.ts';
import type { Entry } from './entry.ts';

/** What a term, an index, a log time and framing cost; so that empty entries are bounded too. */
const headerBytes = 32;
const memberBytes = 128;

/** What an entry counts against the limits, in bytes. An estimate of its size on the wire and on disk. */
export function entryBytes(entry: Entry): number {
  switch (entry.kind) {
    case 'noop': return headerBytes;
    case 'command': return headerBytes + entry.data.length;
    case 'configuration': {
      const { voters, votersOutgoing, learners } = entry.configuration;
      return headerBytes + memberBytes * (voters.length + votersOutgoing.length + learners.length);
    }
    default: return unreachable(entry);
  }
}
