import { unreachable } from './assert.ts';
import type { Entry } from './entry.ts';
import type { AppendRequest, Message, SnapshotChunk } from './message.ts';

/**
 * Whether a message can be true of any well-behaved node. Shape and types were checked by the codec; this keeps numbers
 * that arithmetic cannot bear, and pieces that do not fit together, away from the state.
 */
export function isPlausible(message: Message): boolean {
  // The next term must be representable too.
  if (!isCount(message.term) || !isCount(message.term + 1)) return false;
  switch (message.type) {
    case 'preVoteRequest': return message.term > 0 && isCount(message.round) && isPosition(message.lastIndex, message.lastTerm);
    case 'preVoteResponse': return isCount(message.round);
    case 'voteRequest': return message.term > 0 && isPosition(message.lastIndex, message.lastTerm);
    case 'voteResponse': return true;
    case 'appendRequest': return message.term > 0 && isPlausibleAppend(message);
    case 'appendAccepted': return isCount(message.matchIndex) && isCount(message.readContext);
    case 'appendRejected': return isCount(message.previousIndex) && isPosition(message.hintIndex, message.hintTerm) && isCount(message.readContext);
    case 'snapshotChunk': return message.term > 0 && isPlausibleChunk(message);
    case 'snapshotChunkResponse': return isCount(message.lastIndex) && isCount(message.nextOffsetBytes);
    case 'timeoutNow': return message.term > 0 && isPosition(message.lastIndex, message.lastTerm);
    case 'timeoutNowRefused': case 'wakeUp': return true;
    case 'quiesce': return message.term > 0 && isPosition(message.lastIndex, message.lastTerm) && isCount(message.logTimeMs);
    case 'quiesceAccepted': return isCount(message.lastIndex);
    case 'readIndexRequest': return isCount(message.readId);
    case 'readIndexResponse': return isCount(message.readId) && (message.index === null || isCount(message.index));
    default: return unreachable(message);
  }
}

function isPlausibleAppend({ term, previousIndex, previousTerm, entries, commitIndex, logTimeMs, readContext }: AppendRequest): boolean {
  if (!isPosition(previousIndex, previousTerm) || !isCount(commitIndex) || !isCount(logTimeMs) || !isCount(readContext)) return false;
  let previous: Pick<Entry, 'index' | 'term' | 'logTimeMs'> = { index: previousIndex, term: previousTerm, logTimeMs: 0 };
  for (const entry of entries) {
    if (entry.index !== previous.index + 1 || !isCount(entry.index) || !isCount(entry.term) || entry.term < previous.term || !isCount(entry.logTimeMs) || entry.logTimeMs < previous.logTimeMs) return false;
    previous = entry;
  }
  return previous.term <= term && previous.logTimeMs <= logTimeMs;
}

function isPlausibleChunk({ term, snapshot, offsetBytes, data, done }: SnapshotChunk): boolean {
  const { lastIndex, lastTerm, logTimeMs, sizeBytes } = snapshot;
  return isPosition(lastIndex, lastTerm) && lastTerm <= term && isCount(logTimeMs) && isCount(sizeBytes) && isCount(offsetBytes)
    && offsetBytes + data.length <= sizeBytes && done === (offsetBytes + data.length === sizeBytes) && (done || data.length > 0);
}

/** Index 0, and only that, has term 0. */
function isPosition(index: number, term: number): boolean {
  return isCount(index) && isCount(term) && (index === 0) === (term === 0);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
