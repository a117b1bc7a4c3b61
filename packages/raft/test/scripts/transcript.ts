import type { Configuration, Effect, Entry, Input, Message, NodeId } from '@raft-mesh/raft';

/**
 * How transcripts write things down. `3/2` is index 3, term 2; `t2` is term 2; `3/2:x` an entry that carries the command x.
 */

export function showMessage(message: Message, nameRead: (readId: number) => string): string {
  const parts = `${message.type} t${message.term}`;
  const read = (context: number): string => (context === 0 ? '' : ` read-context ${context}`);
  switch (message.type) {
    case 'preVoteRequest': return `${parts} round ${message.round} log ${message.lastIndex}/${message.lastTerm}`;
    case 'preVoteResponse': return `${parts} round ${message.round} ${message.granted ? 'granted' : 'refused'}`;
    case 'voteRequest': return `${parts} log ${message.lastIndex}/${message.lastTerm}${message.transfer ? ' transfer' : ''}`;
    case 'voteResponse': return `${parts} ${message.granted ? 'granted' : 'refused'}`;
    case 'appendRequest': return `${parts} previous ${message.previousIndex}/${message.previousTerm}${message.entries.length === 0 ? '' : ` entries ${showEntries(message.entries)}`} commit ${message.commitIndex}${read(message.readContext)}`;
    case 'appendAccepted': return `${parts} match ${message.matchIndex}${read(message.readContext)}`;
    case 'appendRejected': return `${parts} previous ${message.previousIndex} hint ${message.hintIndex}/${message.hintTerm}${read(message.readContext)}`;
    case 'snapshotChunk': return `${parts} snapshot ${message.snapshot.lastIndex}/${message.snapshot.lastTerm} bytes ${message.offsetBytes}..${message.offsetBytes + message.data.length} of ${message.snapshot.sizeBytes}`;
    case 'snapshotChunkResponse': return `${parts} snapshot ${message.lastIndex} ${message.installed ? 'installed' : `next ${message.nextOffsetBytes}`}`;
    case 'readIndexRequest': return `${parts} ${nameRead(message.readId)}`;
    case 'readIndexResponse': return `${parts} ${nameRead(message.readId)} index ${message.index ?? 'none'}`;
    case 'timeoutNow': return `${parts} log ${message.lastIndex}/${message.lastTerm}`;
    case 'timeoutNowRefused': return `${parts} ${message.reason}`;
    case 'quiesce': return `${parts} log ${message.lastIndex}/${message.lastTerm}`;
    case 'quiesceAccepted': return `${parts} last ${message.lastIndex}`;
    case 'wakeUp': return parts;
    default: return unknown(message);
  }
}

export function showEffect(effect: Exclude<Effect, { readonly type: 'send' }>): string {
  switch (effect.type) {
    case 'write': {
      const { hardState, truncateFrom, entries } = effect;
      const parts = [
        ...(hardState === null ? [] : [`term ${hardState.term} vote ${hardState.votedFor ?? 'none'}`]),
        ...(truncateFrom === null ? [] : [`truncate from ${truncateFrom}`]),
        ...(entries.length === 0 ? [] : [`append ${showEntries(entries)}`]),
      ];
      return `write ${effect.writeId}: ${parts.join(', ')}`;
    }
    case 'apply': return `apply ${showEntries(effect.entries)}`;
    case 'proposalAccepted': return `proposal ${effect.proposalId} accepted at ${effect.firstIndex}/${effect.term}`;
    case 'proposalRefused': return `proposal ${effect.proposalId} refused: ${showReason(effect.reason)}`;
    case 'readReady': return `read ${effect.readId} ready at ${effect.index}`;
    case 'readRefused': return `read ${effect.readId} refused: ${showReason(effect.reason)}`;
    case 'readSnapshotChunk': return `read snapshot ${effect.snapshot.lastIndex} bytes ${effect.offsetBytes}..${effect.offsetBytes + effect.lengthBytesMax} for ${effect.to}`;
    case 'writeSnapshotChunk': return `write ${effect.writeId}: snapshot ${effect.snapshot.lastIndex} bytes ${effect.offsetBytes}..${effect.offsetBytes + effect.data.length}`;
    case 'installSnapshot': return `write ${effect.writeId}: install snapshot ${effect.snapshot.lastIndex}/${effect.snapshot.lastTerm}`;
    case 'compactLog': return `compact through ${effect.throughIndex}`;
    case 'roleChanged': return showRole(effect.role, effect.term, effect.leader);
    case 'configurationAdopted': return `configuration of ${effect.index}: ${showConfiguration(effect.configuration)}`;
    case 'changeDone': return `change ${effect.changeId} done at ${effect.index}`;
    case 'changeRefused': return `change ${effect.changeId} refused: ${showReason(effect.reason)}`;
    case 'transferDone': return `transfer ${effect.transferId} done: ${effect.leader} leads`;
    case 'transferRefused': return `transfer ${effect.transferId} refused: ${showReason(effect.reason)}`;
    case 'stopped': return `stopped: ${effect.reason}`;
    default: return unknown(effect);
  }
}

function showRole(role: string, term: number, leader: NodeId | null): string {
  if (role === 'leader') return `leads term ${term}`;
  return `${role} of term ${term}${role === 'follower' ? `, leader ${leader ?? 'unknown'}` : ''}`;
}

export function showInput(input: Input, nameRead: (readId: number) => string): string {
  switch (input.type) {
    case 'message': return `hears ${input.from}: ${showMessage(input.message, nameRead)}`;
    case 'propose': return `proposal ${input.proposalId}: ${input.commands.map(showBytes).join(' ')}`;
    case 'read': return `read ${input.readId}`;
    case 'time': return 'time';
    case 'written': return `wrote ${input.writeId}`;
    case 'writeFailed': return `write ${input.writeId} fails`;
    case 'applied': return `applied ${input.index}`;
    case 'snapshotTaken': return `snapshot ${input.snapshot.lastIndex}/${input.snapshot.lastTerm} taken, keep ${input.keepEntries}`;
    case 'snapshotChunkRead': return `snapshot ${input.snapshot.lastIndex} read from ${input.offsetBytes}${input.data === null ? ': gone' : ''}`;
    case 'changeConfiguration': return `change ${input.changeId} to ${showConfiguration({ voters: input.voters, votersOutgoing: [], learners: input.learners })}`;
    case 'transferLeadership': return `transfer ${input.transferId} to ${input.to ?? 'anyone'}`;
    case 'wake': return 'wake';
    case 'linkLost': return `lost its link to ${input.peer}`;
    default: return unknown(input);
  }
}

export function showEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${entry.index}/${entry.term}:${showContent(entry)}`).join(' ');
}

function showContent(entry: Entry): string {
  switch (entry.kind) {
    case 'noop': return 'noop';
    case 'command': return showBytes(entry.data);
    case 'configuration': return `{${showConfiguration(entry.configuration)}}`;
    default: return unknown(entry);
  }
}

export function showConfiguration({ voters, votersOutgoing, learners }: Configuration): string {
  const names = (members: readonly { readonly id: NodeId }[]): string => members.map(({ id }) => id).join(' ');
  const learning = learners.map(({ id, promotable }) => (promotable ? `${id}+` : id)).join(' ');
  return [names(voters), ...(votersOutgoing.length === 0 ? [] : [`outgoing ${names(votersOutgoing)}`]), ...(learning === '' ? [] : [`learners ${learning}`])].join(', ');
}

function showReason(reason: { readonly code: string }): string {
  const details = Object.entries<unknown>({ ...reason }).filter(([name]) => name !== 'code').map(([name, value]) => `${name} ${String(value)}`);
  return [reason.code, ...details].join(' ');
}

/** Long commands are cut: what they fill up is size, not meaning. */
function showBytes(data: Uint8Array): string {
  const text = String.fromCharCode(...data.slice(0, 12));
  return data.length > 12 ? `${text}…(${data.length})` : text;
}

function unknown(value: never): never {
  throw new Error(`transcripts have no words for ${JSON.stringify(value)}`);
}
