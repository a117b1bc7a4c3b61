import { existsSync } from 'node:fs';
import path from 'node:path';
import { decodeSnapshot } from '@raft-mesh/mesh';
import { decodeRecord } from '@raft-mesh/protocol';
import type { Entry } from '@raft-mesh/raft';
import { StateMachine, canonicalJson, unrecordedRefusalCodes } from '@raft-mesh/state-machine';
import type { App, Outcome } from '@raft-mesh/state-machine';
import { openManagerStore, readOutcomes } from '@raft-mesh/storage-file';
import { appFor } from './app-loader.ts';
import { managerFiles } from './manager-directory.ts';
import { withStoreCopy } from './store-copy.ts';

export interface AuditOptions {
  /** Directories of the mesh's managers, all stopped. They are not changed. */
  readonly directories: readonly string[];
  /** Directories of workers, as `connectWorker` made them; they may be running. */
  readonly workerDirectories: readonly string[];
  /** The app, or its name (see `loadApp`). */
  readonly app: App | string;
}

export interface Audit {
  /** Different (session, sequence) with an outcome in a worker's files: committed or refused, not unknown. */
  readonly commandsAcknowledged: number;
  /** Of these, how many are absent, or have another outcome, on at least one manager. */
  readonly commandsLost: number;
  /** Of these, how many no manager's log can tell about any more, because a snapshot has replaced that part. Neither lost nor proven. */
  readonly commandsNotVerifiable: number;
  /** True when all managers, replayed to the last index that all of them have, come to the same state. */
  readonly replicasIdentical: boolean;
  /** That index. */
  readonly commonIndex: number;
}

/** What one manager's disk holds. */
interface Replica {
  /** The machine before the first entry that is replayed. */
  readonly start: () => StateMachine;
  readonly startIndex: number;
  readonly entries: readonly Entry[];
  readonly lastIndex: number;
}

/**
 * Checks what workers were told against what managers kept: replays each manager's log and looks up every acknowledged command in it.
 * Throws when a manager still runs (see `isDirectoryLocked`), or a directory is damaged.
 */
export async function auditAcknowledgements(options: AuditOptions): Promise<Audit> {
  const app = await appFor(options.app);
  const replicas = await Promise.all(options.directories.map((directory) => readReplica(directory, app)));
  const agreedIndex = majorityIndex(replicas);
  const commonIndex = Math.min(agreedIndex, ...replicas.map(({ lastIndex }) => lastIndex));
  const replays = replicas.map((replica) => replay(replica, commonIndex, agreedIndex));

  const acknowledged = new Map<string, Outcome>();
  for (const directory of options.workerDirectories) {
    for (const { session, sequence, outcome } of await readOutcomes(directory)) {
      if (outcome.status !== 'unknown' && isRecorded(outcome)) acknowledged.set(commandKey(session, sequence), outcome);
    }
  }
  let commandsLost = 0;
  let commandsNotVerifiable = 0;
  for (const [key, outcome] of acknowledged) {
    const findings = replays.map(({ outcomes, startIndex }) => {
      const found = outcomes.get(key);
      if (found !== undefined) return sameOutcome(found, outcome) ? 'same' : 'lost';
      return outcome.index <= startIndex ? 'cannotTell' : 'lost';
    });
    if (findings.includes('lost')) commandsLost += 1;
    else if (!findings.includes('same')) commandsNotVerifiable += 1;
  }
  const digests = new Set(replays.map(({ digest }) => digest));
  return {
    commandsAcknowledged: acknowledged.size, commandsLost, commandsNotVerifiable, commonIndex,
    replicasIdentical: digests.size === 1 && !digests.has(null),
  };
}

async function readReplica(directory: string, app: App): Promise<Replica> {
  const inner = path.join(directory, managerFiles.store);
  return withStoreCopy(existsSync(inner) ? inner : directory, async (copy) => {
    const store = await openManagerStore({ directory: copy });
    try {
      const { snapshot, entries } = await store.load();
      const lastIndex = entries.at(-1)?.index ?? snapshot.lastIndex;
      if (entries[0]?.index === 1 || snapshot.lastIndex === 0) return { start: () => new StateMachine(app), startIndex: 0, entries, lastIndex };
      const data = await store.readSnapshot(snapshot.lastIndex, 0, snapshot.sizeBytes);
      if (data === null || data.length !== snapshot.sizeBytes) throw new Error(`${directory}: its snapshot cannot be read whole`);
      const start = () => StateMachine.restore(app, decodeSnapshot(data).parts);
      return { start, startIndex: snapshot.lastIndex, entries: entries.filter(({ index }) => index > snapshot.lastIndex), lastIndex };
    } finally {
      await store.close();
    }
  });
}

/** The last index that a majority holds with one term: by log matching, all before it is theirs too. What lies behind it on one manager was never acknowledged. */
function majorityIndex(replicas: readonly Replica[]): number {
  const termsAt = replicas.map(({ entries }) => new Map(entries.map(({ index, term }) => [index, term])));
  const last = Math.max(0, ...replicas.map(({ lastIndex }) => lastIndex));
  const covered = Math.max(0, ...replicas.map(({ startIndex }) => startIndex));
  for (let index = last; index > covered; index -= 1) {
    const terms = termsAt.flatMap((terms) => terms.get(index) ?? []);
    if (terms.some((term) => terms.filter((other) => other === term).length * 2 > replicas.length)) return index;
  }
  return covered;
}

function replay(replica: Replica, commonIndex: number, throughIndex: number): { readonly outcomes: ReadonlyMap<string, Outcome>; readonly digest: string | null; readonly startIndex: number } {
  const machine = replica.start();
  const outcomes = new Map<string, Outcome>();
  let digest = replica.startIndex === commonIndex ? machine.stateDigest() : null;
  for (const entry of replica.entries) {
    if (entry.index > throughIndex) break;
    const { index, term, logTimeMs } = entry;
    const record = entry.kind === 'command' ? decodeRecord(entry.data) : null;
    const { outcome } = machine.apply({ index, term, logTimeMs, record });
    if (record?.kind === 'command' && outcome !== null && isRecorded(outcome)) {
      const key = commandKey(record.session, record.sequence);
      // A retry answers as the first did.
      if (!outcomes.has(key)) outcomes.set(key, outcome);
    }
    if (index === commonIndex) digest = machine.stateDigest();
  }
  return { outcomes, digest, startIndex: replica.startIndex };
}

function sameOutcome(one: Outcome, other: Outcome): boolean {
  if (one.index !== other.index) return false;
  if (one.status === 'committed') return other.status === 'committed' && canonicalJson(one.answer) === canonicalJson(other.answer);
  return other.status === 'refused' && one.refusal.code === other.refusal.code && one.refusal.message === other.refusal.message;
}

/** Some refusals leave no trace, so that the same sequence number may end otherwise later: they acknowledge nothing. */
function isRecorded(outcome: Outcome): boolean {
  return outcome.status === 'committed' || !unrecordedRefusalCodes.includes(outcome.refusal.code);
}

function commandKey(session: string, sequence: number): string {
  return `${session}/${sequence}`;
}
