import type { WireMessage } from '../src/message.ts';

// One message of each type, as shown in docs/protocol.md. Plain data: branded names are cast once, below.

const text = (value: string): Uint8Array => Uint8Array.from(value, (character) => character.charCodeAt(0));
const configuration = { voters: [{ id: 'm1:1', address: 'http://127.0.0.1:7001' }], votersOutgoing: [], learners: [] };

const plain = [
  { type: 'hello', protocolVersion: 7, agentKind: 'cli', credential: { kind: 'join', token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln', name: 'Ada', resumeSecret: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' }, session: { id: 's-4f1c', opened: false }, link: { life: 'l-7c', number: 1 } },
  { type: 'heartbeat', beat: 17, roundTripMs: 3 },
  { type: 'command', sequence: 3, acknowledgedThrough: 2, module: 'documents', command: 'put', arguments: { key: 'agents/a-77/note', value: { text: 'hi' } } },
  { type: 'query', request: 5, module: 'documents', query: 'get', arguments: { key: 'agents/a-77/note' }, stale: false },
  { type: 'watch', watch: 1, module: 'documents', parameters: { prefix: 'agents/a-77/' }, knownVersion: 0 },
  { type: 'unwatch', watch: 1 },
  { type: 'goodbye' },
  { type: 'welcome', agent: 'a-77', name: 'Ada', session: 's-4f1c', manager: 'm1', bootId: 'b-91', managers: [{ id: 'm1', url: 'http://127.0.0.1:7001' }, { id: 'm2', url: 'http://127.0.0.1:7002' }], leader: 'm2', logTimeMs: 61250, heartbeatIntervalMs: 500 },
  { type: 'heartbeatAck', beat: 17, leader: 'm2', term: 4, logTimeMs: 61750 },
  { type: 'commandOutcome', sequence: 3, outcome: { status: 'committed', index: 118, answer: { version: 1 } } },
  { type: 'commandRetry', sequence: 4, refusal: { code: 'noLeader', message: 'no leader could be reached' }, retryAfterMs: 100, nextSequence: null },
  { type: 'queryAnswer', request: 5, result: { status: 'answered', index: 118, answer: { value: { text: 'hi' } } } },
  { type: 'viewWhole', watch: 1, version: 118, value: { day: 2, alive: ['a-77', 'a-78'] } },
  { type: 'viewPatch', watch: 1, baseVersion: 118, version: 121, operations: [{ op: 'replace', path: '/day', value: 3 }, { op: 'remove', path: '/alive/1' }] },
  { type: 'viewCurrent', watch: 1, version: 121 },
  { type: 'watchRefused', watch: 1, refusal: { code: 'unknownModule', message: 'there is no module chess' } },
  { type: 'event', module: 'mafia', index: 121, event: { kind: 'nightFell', night: 3 } },
  { type: 'leaderChanged', leader: null, term: 4 },
  { type: 'managersChanged', managers: [{ id: 'm1', url: 'http://127.0.0.1:7001' }] },
  { type: 'error', code: 'tokenExpired', message: 'The token expired at 2031-01-01T00:00:00Z.', next: 'Ask the control plane for a new one.', fatal: true },
  { type: 'managerHello', protocolVersion: 7, manager: 'm1', managerIncarnation: 1, bootId: 'b-91', credential: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln', nonce: text('nonce-of-32-bytes-drawn-by-m1....') },
  { type: 'managerChallenge', manager: 'm2', managerIncarnation: 1, bootId: 'b-17', credential: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln', nonce: text('nonce-of-32-bytes-drawn-by-m2....'), signature: text('64 bytes') },
  { type: 'managerProof', signature: text('64 bytes') },
  { type: 'managerReady' },
  { type: 'forwardProposal', forward: 9, record: text('bytes of a log record') },
  { type: 'forwardResult', forward: 9, result: { status: 'appended', term: 4, index: 119 } },
  { type: 'livenessReport', agents: [{ agent: 'a-77', heardAgoMs: 120 }] },
  { type: 'linkPing' },
  { type: 'forwardQuery', forward: 3, agent: 'a-77', module: 'documents', query: 'get', arguments: { key: 'agents/a-77/note' } },
  { type: 'forwardAnswer', forward: 3, result: { status: 'answered', index: 121, answer: { value: { text: 'hi' } } } },
  { type: 'preVoteRequest', term: 5, round: 1, lastIndex: 119, lastTerm: 4 },
  { type: 'preVoteResponse', term: 5, round: 1, granted: true },
  { type: 'voteRequest', term: 5, lastIndex: 119, lastTerm: 4, transfer: false },
  { type: 'voteResponse', term: 5, granted: true },
  { type: 'appendRequest', term: 5, previousIndex: 119, previousTerm: 4, entries: [{ kind: 'noop', term: 5, index: 120, logTimeMs: 61800 }, { kind: 'command', term: 5, index: 121, logTimeMs: 61812, data: text('record') }], commitIndex: 119, logTimeMs: 61820, readContext: 0 },
  { type: 'appendAccepted', term: 5, matchIndex: 121, readContext: 0 },
  { type: 'appendRejected', term: 5, previousIndex: 119, hintIndex: 110, hintTerm: 3, readContext: 0 },
  { type: 'snapshotChunk', term: 5, snapshot: { lastIndex: 100, lastTerm: 3, logTimeMs: 50000, configuration, sizeBytes: 5 }, offsetBytes: 0, data: text('bytes'), done: true },
  { type: 'snapshotChunkResponse', term: 5, lastIndex: 100, nextOffsetBytes: 5, installed: true },
  { type: 'readIndexRequest', term: 5, readId: 8 },
  { type: 'readIndexResponse', term: 5, readId: 8, index: 121 },
  { type: 'timeoutNow', term: 5, lastIndex: 121, lastTerm: 5 },
  { type: 'timeoutNowRefused', term: 5, reason: 'behind' },
  { type: 'quiesce', term: 5, lastIndex: 121, lastTerm: 5, logTimeMs: 66820 },
  { type: 'quiesceAccepted', term: 5, lastIndex: 121 },
  { type: 'wakeUp', term: 5 },
] as const;

export const examples: ReadonlyMap<string, WireMessage> = new Map(plain.map((message) => [message.type, message as unknown as WireMessage]));
