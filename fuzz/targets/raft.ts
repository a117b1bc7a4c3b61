import { decodeFrames } from '@raft-mesh/protocol';
import type { Frame } from '@raft-mesh/protocol';
import { RaftNode, defaultRaftOptions } from '@raft-mesh/raft';
import type { Configuration, Message, NodeId } from '@raft-mesh/raft';
import { emptyPersistedState } from '@raft-mesh/testkit';
import { peerMessages } from '../../packages/mesh/src/manager/peer-dialer.ts';
import { byCode, byType } from '../../packages/protocol/src/codec/registry.ts';
import { messageSamples } from '../samples/messages.ts';
import { generator, messagePack } from '../generate.ts';
import type { Write } from '../generate.ts';
import { joined } from '../mutate-bytes.ts';
import { check } from '../target.ts';
import type { Target } from '../target.ts';

const node = (name: string) => `${name}:1` as NodeId;
const member = (name: string) => ({ id: node(name), address: `http://${name}` });
export const configuration: Configuration = { voters: ['m1', 'm2', 'm3'].map(member), votersOutgoing: [], learners: [] };

const data = new Uint8Array([1, 2, 3]);
const meta = { lastIndex: 9, lastTerm: 2, logTimeMs: 5, configuration, sizeBytes: 3 };
/** Messages that belong together: small numbers that meet. */
const story: readonly Message[] = [
  { type: 'preVoteRequest', term: 1, round: 1, lastIndex: 0, lastTerm: 0 }, { type: 'preVoteResponse', term: 1, round: 1, granted: true },
  { type: 'voteRequest', term: 1, lastIndex: 0, lastTerm: 0, transfer: false }, { type: 'voteResponse', term: 1, granted: true },
  { type: 'appendRequest', term: 1, previousIndex: 0, previousTerm: 0, entries: [{ kind: 'noop', term: 1, index: 1, logTimeMs: 1 }, { kind: 'command', term: 1, index: 2, logTimeMs: 2, data }, { kind: 'configuration', term: 1, index: 3, logTimeMs: 2, configuration }], commitIndex: 2, logTimeMs: 3, readContext: 1 },
  { type: 'appendAccepted', term: 1, matchIndex: 2, readContext: 1 }, { type: 'appendRejected', term: 1, previousIndex: 3, hintIndex: 1, hintTerm: 1, readContext: 1 },
  { type: 'snapshotChunk', term: 2, snapshot: meta, offsetBytes: 0, data, done: true }, { type: 'snapshotChunkResponse', term: 1, lastIndex: 9, nextOffsetBytes: 3, installed: true },
  { type: 'readIndexRequest', term: 1, readId: 1 }, { type: 'readIndexResponse', term: 1, readId: 1, index: 2 },
  { type: 'timeoutNow', term: 1, lastIndex: 3, lastTerm: 1 }, { type: 'timeoutNowRefused', term: 1, reason: 'behind' },
  { type: 'quiesce', term: 1, lastIndex: 3, lastTerm: 1, logTimeMs: 3 }, { type: 'quiesceAccepted', term: 1, lastIndex: 3 }, { type: 'wakeUp', term: 1 },
];

const ofManagers = messageSamples.filter((message) => (peerMessages([message])?.length ?? 0) > 0);
export const tupleOf = (message: Frame['message']): unknown[] => {
  const registered = byType.get(message.type);
  if (registered === undefined) throw new Error(`${message.type} is not registered`);
  return ['village', 1, registered.code, ...registered.fields.map(({ key, shape }) => shape.toTuple((message as unknown as Record<string, unknown>)[key]))];
};
/** Several frames one after the other. */
export const frames: Write = (value) => (Array.isArray(value) ? joined(...value.map(messagePack)) : messagePack(value));

const stories = [...story.map((_, from) => [...story.slice(from), ...story.slice(0, from)].slice(0, 6).map(tupleOf)), ...ofManagers.map((message) => [tupleOf(message)])];
export const peerStories = stories;

/** A node that gets whatever a peer may send, while its own deadlines come and its writes end. It may stop, saying why, when it sees the impossible. */
const raft: Target = {
  name: 'raft.messages', weight: 10, ...generator(stories, frames, { bytesPerMille: 100 }), reopenAfter: 40,
  open: () => {
    let nowMs = 1_000;
    const raftNode = new RaftNode({ ...defaultRaftOptions, id: node('m1'), persisted: emptyPersistedState(configuration), seed: 7, quiesceAfterMs: 50 }, nowMs);
    let stopped = 0;
    const step = (input: Parameters<RaftNode['step']>[0]): void => {
      for (const effect of raftNode.step(input, nowMs)) {
        if (effect.type === 'stopped') stopped += 1;
        if ('writeId' in effect && effect.writeId !== undefined) written = effect.writeId;
        if (effect.type === 'apply') appliedIndex = effect.entries.at(-1)?.index ?? appliedIndex;
      }
    };
    let written = 0;
    let appliedIndex = 0;
    return {
      run(input) {
        const decoded = decodeFrames(input);
        const messages = peerMessages((decoded.ok ? decoded.value : decoded.before).map(({ message }) => message)) ?? [];
        for (const message of messages) {
          const registered = byType.get(message.type);
          if (registered === undefined || registered.code < 96 || byCode.get(registered.code) !== registered) continue;
          step({ type: 'message', from: node(input.length % 2 === 0 ? 'm2' : 'm3'), message: message as Message });
          if (input.length % 3 === 0 && written > 0) step({ type: 'written', writeId: written });
          if (appliedIndex > 0) { step({ type: 'applied', index: appliedIndex }); appliedIndex = 0; }
        }
        nowMs = Math.max(nowMs + 1, input.length % 5 === 0 ? raftNode.deadlineMs ?? 0 : 0);
        step({ type: 'time' });
        const status = raftNode.status(nowMs);
        check(stopped === (status.stopped ? 1 : 0), 'a node that has stopped says so once');
        check(Number.isSafeInteger(status.term) && status.commitIndex <= status.lastIndex, 'term or index went astray');
        return decoded.ok && !status.stopped ? 'accepted' : 'refused';
      },
      close() {},
    };
  },
};

export const raftTargets: readonly Target[] = [raft];
