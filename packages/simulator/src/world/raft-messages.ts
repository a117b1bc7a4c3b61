import type { WireMessage } from '@raft-mesh/protocol';
import type { Message } from '@raft-mesh/raft';

/** What Raft itself copes with the loss of. */
const types: Readonly<Record<Message['type'], true>> = {
  preVoteRequest: true, preVoteResponse: true, voteRequest: true, voteResponse: true,
  appendRequest: true, appendAccepted: true, appendRejected: true,
  snapshotChunk: true, snapshotChunkResponse: true, readIndexRequest: true, readIndexResponse: true,
  timeoutNow: true, timeoutNowRefused: true, quiesce: true, quiesceAccepted: true, wakeUp: true,
};
const raftTypes = new Set<string>(Object.keys(types));

export function isRaftMessage(message: WireMessage): message is Message {
  return raftTypes.has(message.type);
}
