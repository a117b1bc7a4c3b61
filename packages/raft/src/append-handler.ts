import { assert } from './assert.ts';
import type { NodeId } from './identity.ts';
import type { AppendRequest } from './message.ts';
import type { NodeState } from './node-state.ts';

/** A follower's side of replication (paper §5.3, Figure 2 "AppendEntries RPC"). The caller has settled term and leader. */
export function handleAppend(state: NodeState, from: NodeId, request: AppendRequest): void {
  const { log } = state;
  if (state.installing) {
    // The log is about to be replaced: hold on to the leader, take nothing.
    accept(state, from, request, Math.min(state.commitIndex, state.writes.durableIndex));
    return;
  }
  const { previousIndex, previousTerm, entries } = request;
  if (previousIndex > state.commitIndex && log.termAt(previousIndex) !== previousTerm) {
    reject(state, from, request);
    return;
  }
  // What is committed here is in every leader's log as it is here, so an append may begin below it.
  const known = Math.min(previousIndex + entries.length, state.commitIndex) - previousIndex;
  if (previousIndex <= state.commitIndex) assertAgreesBelowCommit(state, request, Math.max(0, known));
  let position = Math.max(0, known);
  for (; position < entries.length; position++) {
    const entry = entries[position];
    if (entry === undefined || log.termAt(entry.index) !== entry.term) break;
  }
  const first = entries[position];
  if (first !== undefined) {
    const conflicts = first.index <= log.lastIndex;
    state.appendEntries(conflicts ? first.index : null, position === 0 ? entries : entries.slice(position));
  }
  const verifiedIndex = Math.max(previousIndex + entries.length, state.commitIndex);
  state.commitThrough(Math.min(request.commitIndex, verifiedIndex));
  // A heartbeat is answered at once, with what is durable; waiting for the disk would make a slow disk look like a dead node.
  accept(state, from, request, entries.length === 0 ? Math.min(verifiedIndex, state.writes.durableIndex) : verifiedIndex);
}

function accept(state: NodeState, to: NodeId, { readContext }: AppendRequest, matchIndex: number): void {
  state.send(to, { type: 'appendAccepted', term: state.term, matchIndex, readContext }, state.writes.writeCovering(matchIndex));
}

/** Names the last place where the logs can still agree: all later terms here are newer than the leader's at that point. */
function reject(state: NodeState, to: NodeId, { previousIndex, previousTerm, readContext }: AppendRequest): void {
  const hintIndex = Math.max(state.log.lastIndexWithTermAtMost(previousIndex, previousTerm), state.commitIndex);
  const hintTerm = state.log.termAt(hintIndex);
  assert(hintTerm !== null, () => `the hint ${hintIndex} is not in the log`);
  state.send(to, { type: 'appendRejected', term: state.term, previousIndex, hintIndex, hintTerm, readContext });
}

function assertAgreesBelowCommit(state: NodeState, { previousIndex, previousTerm, entries }: AppendRequest, known: number): void {
  const agrees = (index: number, term: number): boolean => (state.log.termAt(index) ?? term) === term;
  const previousAgrees = previousIndex === 0 || agrees(previousIndex, previousTerm);
  assert(previousAgrees && entries.slice(0, known).every((entry) => agrees(entry.index, entry.term)), () => `the leader's log differs below commit index ${state.commitIndex} (append after ${previousIndex})`);
}
