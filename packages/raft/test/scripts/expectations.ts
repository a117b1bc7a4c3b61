import type { Effect, Message } from '@raft-mesh/raft';
import { wordsOf } from './commands.ts';
import type { World } from './world.ts';

const messageTypes: readonly Message['type'][] = [
  'preVoteRequest', 'preVoteResponse', 'voteRequest', 'voteResponse', 'appendRequest', 'appendAccepted', 'appendRejected', 'snapshotChunk', 'snapshotChunkResponse',
  'readIndexRequest', 'readIndexResponse', 'timeoutNow', 'timeoutNowRefused', 'quiesce', 'quiesceAccepted', 'wakeUp',
];
const effectTypes: readonly Effect['type'][] = [
  'write', 'apply', 'proposalAccepted', 'proposalRefused', 'readReady', 'readRefused', 'readSnapshotChunk', 'writeSnapshotChunk', 'installSnapshot', 'compactLog',
  'roleChanged', 'configurationAdopted', 'changeDone', 'changeRefused', 'transferDone', 'transferRefused', 'stopped',
];

/**
 * What a script promises in words: it holds whatever the transcript says, so that recording anew cannot bless a wrong outcome.
 * Throws when it does not hold.
 */
export function checkExpectation(world: World, text: string): void {
  const { plain, named } = wordsOf(text);
  const isDenied = plain[0] === 'no';
  const [kind = '', subject = '', ...rest] = isDenied ? plain.slice(1) : plain;
  switch (kind) {
    case 'message': {
      assertKnown(rest[0], messageTypes);
      const [from, to] = subject.split('>');
      const matches = world.sent.filter((sent) => (from === '*' || sent.from === from) && (to === '*' || sent.to === to) && includes(sent.text, rest));
      assertFound(matches.map((sent) => `${sent.from}>${sent.to} ${sent.text}`), isDenied, text);
      return;
    }
    case 'effect': {
      assertKnown(rest[0], effectTypes);
      const matches = world.did.filter((did) => (subject === '*' || did.node === subject) && (rest[0] === undefined || did.type === rest[0]) && includes(did.text, rest.slice(1)));
      assertFound(matches.map((did) => `${did.node} ${did.text}`), isDenied, text);
      return;
    }
    case 'log': assertEqual(world.host(subject).log.map(({ index, term }) => `${index}/${term}`).join(' '), rest.join(' '), text); return;
    case 'disk': {
      const { hardState, entries, snapshot } = world.host(subject).disk.state;
      if (rest.length > 0) assertEqual(entries.map(({ index, term }) => `${index}/${term}`).join(' ') || 'empty', rest.join(' '), text);
      assertNamed({ term: hardState.term, vote: hardState.votedFor ?? 'none', snapshot: snapshot.lastIndex }, named, text);
      return;
    }
    case 'leaders': {
      const leaders = world.awake.filter((host) => host.node?.status(world.nowMs).role === 'leader').map((host) => host.id);
      assertEqual(leaders.join(' ') || 'none', [subject, ...rest].join(' '), text);
      return;
    }
    case 'peer': {
      const peer = world.status(subject).peers.find((candidate) => candidate.id === rest[0]);
      if (peer === undefined) throw new Error(`expect ${text}: ${subject} knows no such peer`);
      assertNamed({ state: peer.state, match: peer.matchIndex, next: peer.nextIndex }, named, text);
      return;
    }
    case 'down': if (world.host(subject).node !== null) throw new Error(`expect ${text}: it is up`); return;
    case 'agree': assertAgreement(world, [subject, ...rest].filter((name) => name !== '')); return;
    default: assertStatus(world, kind, named, text);
  }
}

function assertStatus(world: World, name: string, named: ReadonlyMap<string, string>, text: string): void {
  const status = world.status(name);
  const names = (members: readonly { readonly id: string }[]): string => members.map(({ id }) => id).join(',') || 'none';
  assertNamed({
    role: status.role, term: status.term, leader: status.leader ?? 'none', commit: status.commitIndex, applied: status.appliedIndex, last: status.lastIndex, first: status.firstIndex,
    stopped: status.stopped, quiescent: status.quiescent, time: status.logTimeMs, deadline: world.host(name).node?.deadlineMs ?? 'none',
    voters: names(status.configuration.voters), outgoing: names(status.configuration.votersOutgoing), learners: names(status.configuration.learners),
  }, named, text);
}

/** Everybody named, or everybody, is up and holds, has committed and has applied the same; one of all leads. */
function assertAgreement(world: World, names: readonly string[]): void {
  const all = names.length > 0 ? names : [...world.hosts.keys()];
  const statuses = all.map((name) => world.status(name));
  const states = statuses.map(({ term, leader, commitIndex, appliedIndex, lastIndex }) => `term ${term} leader ${leader ?? 'none'} commit ${commitIndex} applied ${appliedIndex} last ${lastIndex}`);
  const isSettled = statuses.every(({ leader, commitIndex, appliedIndex, lastIndex }) => leader !== null && commitIndex === lastIndex && appliedIndex === lastIndex);
  if (new Set(states).size !== 1 || !isSettled) throw new Error(`expect agree: ${all.map((name, place) => `${name} ${states[place] ?? ''}`).join('; ')}`);
}

/** Phrases, each of words that follow each other, with `…` between them. */
function includes(text: string, words: readonly string[]): boolean {
  return words.join(' ').split('…').map((phrase) => phrase.trim()).every((phrase) => phrase === '' || ` ${text.replaceAll(',', '')} `.includes(` ${phrase} `));
}

/** A misspelt name would make every `expect no …` hold. */
function assertKnown(type: string | undefined, types: readonly string[]): void {
  if (type !== undefined && !types.includes(type)) throw new Error(`nothing is called ${type}`);
}

function assertFound(found: readonly string[], isDenied: boolean, text: string): void {
  if (found.length > 0 === isDenied) throw new Error(`expect ${text}: ${isDenied ? `found ${found.join('; ')}` : 'found none'}`);
}

function assertNamed(values: Readonly<Record<string, string | number | boolean>>, named: ReadonlyMap<string, string>, text: string): void {
  if (named.size === 0) return;
  for (const [name, expected] of named) {
    if (!(name in values)) throw new Error(`expect ${text}: nothing is called ${name}; there are ${Object.keys(values).join(', ')}`);
    assertEqual(String(values[name]), expected, text);
  }
}

function assertEqual(actual: string, expected: string, text: string): void {
  if (actual !== expected) throw new Error(`expect ${text}: it is ${actual}`);
}
