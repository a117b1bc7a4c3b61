import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { auditAcknowledgements } from '@raft-mesh/mesh-node';
import { encodeSnapshot } from '@raft-mesh/mesh';
import type { StoredOutcome } from '@raft-mesh/mesh';
import { encodeRecord } from '@raft-mesh/protocol';
import type { ManagerId, MeshId } from '@raft-mesh/protocol';
import type { CommandEntry } from '@raft-mesh/raft';
import { StateMachine, admitRecord } from '@raft-mesh/state-machine';
import type { AgentId, App, LogRecord, Outcome, SessionId } from '@raft-mesh/state-machine';
import { createManagerDirectory, openManagerStore, openWorkerStore } from '@raft-mesh/storage-file';

const app: App = { name: 'test', version: 1, modules: [] };
const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-audit-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const agent = 'agent-1' as AgentId;
const session = 'session-1' as SessionId;
const put = (sequence: number, value: number): LogRecord => ({
  kind: 'command', agent, session, sequence, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: { key: 'k', value }, random: null,
});
const admit = admitRecord({ tokenId: 't', agent, name: 'one', kind: 'cli', accessRole: 'admin', permissions: ['*'], resumeSecretHash: 'h', session });
const records: readonly LogRecord[] = [admit, put(1, 10), put(2, 20), put(4, 40), put(3, 30), put(3, 30), put(4, 40)];
const log = (list: readonly LogRecord[]): readonly CommandEntry[] => list.map((record, at) => ({ kind: 'command', term: 1, index: at + 1, logTimeMs: at, data: encodeRecord(record) }));

/** What a worker would have been told, had these records been committed. */
function toldBy(list: readonly LogRecord[]): readonly StoredOutcome[] {
  const machine = new StateMachine(app);
  const told = new Map<number, Outcome>();
  for (const { term, index, logTimeMs } of log(list)) {
    const record = list[index - 1] ?? null;
    const { outcome } = machine.apply({ term, index, logTimeMs, record });
    if (record?.kind === 'command' && outcome?.status === 'committed') told.set(record.sequence, outcome);
  }
  return [...told].map(([sequence, outcome]) => ({ session, sequence, outcome }));
}

const configuration = { voters: [], votersOutgoing: [], learners: [] };
let made = 0;
async function manager(entries: readonly CommandEntry[], restoredThrough = 0): Promise<string> {
  made += 1;
  const directory = path.join(root, `manager-${made}`);
  const machine = new StateMachine(app);
  for (const { term, index, logTimeMs } of entries.slice(0, restoredThrough)) machine.apply({ term, index, logTimeMs, record: records[index - 1] ?? null });
  const data = restoredThrough === 0 ? [] : encodeSnapshot(app, machine.snapshot());
  await createManagerDirectory({
    directory: path.join(directory, 'store'), identity: { mesh: 'demo' as MeshId, incarnation: 1, manager: `m${made}` as ManagerId, managerIncarnation: 1 },
    snapshot: { lastIndex: restoredThrough, lastTerm: restoredThrough === 0 ? 0 : 1, logTimeMs: machine.logTimeMs, configuration, data },
  });
  const store = await openManagerStore({ directory: path.join(directory, 'store') });
  await store.write({ hardState: { term: 1, votedFor: null }, truncateFrom: null, entries: entries.slice(restoredThrough) });
  await store.close();
  return directory;
}

async function worker(outcomes: readonly StoredOutcome[]): Promise<string> {
  made += 1;
  const directory = path.join(root, `worker-${made}`);
  const store = await openWorkerStore({ directory });
  await store.saveIdentity({ mesh: 'demo' as MeshId, incarnation: 1, agent, name: 'one', resumeSecret: 's', joinToken: null, session, sessionOpened: true, managers: [] });
  for (const { sequence } of outcomes) await store.saveCommand({ session, sequence, module: 'documents', command: 'put', arguments: { key: 'k', value: sequence * 10 } });
  for (const outcome of outcomes) await store.saveOutcome(outcome);
  await store.close();
  return directory;
}

test('all that was told is there, retries and refused gaps among it', async () => {
  const directories = [await manager(log(records)), await manager(log(records)), await manager(log(records))];
  const told = toldBy(records);
  expect(told).toHaveLength(4);
  expect(await auditAcknowledgements({ app, directories, workerDirectories: [await worker(told)] })).toEqual({
    commandsAcknowledged: 4, commandsLost: 0, commandsNotVerifiable: 0, replicasIdentical: true, commonIndex: records.length,
  });
});

test('what one manager lacks, or was told otherwise, is lost', async () => {
  const told = toldBy(records);
  const whole = [await manager(log(records)), await manager(log(records))];
  const behind = await manager(log(records.slice(0, -1)));
  expect(await auditAcknowledgements({ app, directories: [...whole, behind], workerDirectories: [await worker(told)] })).toMatchObject({ commandsLost: 1, replicasIdentical: true, commonIndex: records.length - 1 });

  const invented = told.map((each) => (each.sequence === 2 && each.outcome.status === 'committed' ? { ...each, outcome: { ...each.outcome, index: each.outcome.index + 1 } } : each));
  expect(await auditAcknowledgements({ app, directories: whole, workerDirectories: [await worker(invented)] })).toMatchObject({ commandsAcknowledged: 4, commandsLost: 1 });
});

test('what lies behind the majority on one manager was never acknowledged, and does no harm', async () => {
  const directories = [await manager(log(records)), await manager(log(records)), await manager(log([...records, put(5, 50)]))];
  expect(await auditAcknowledgements({ app, directories, workerDirectories: [await worker(toldBy(records))] })).toMatchObject({ commandsLost: 0, replicasIdentical: true });
});

test('a replica with another history is not identical', async () => {
  const other = records.map((record) => (record.kind === 'command' && record.sequence === 2 ? put(2, 99) : record));
  const directories = [await manager(log(records)), await manager(log(records)), await manager(log(other))];
  expect(await auditAcknowledgements({ app, directories, workerDirectories: [] })).toMatchObject({ replicasIdentical: false });
});

test('what only a snapshot covers is neither lost nor proven, unless another manager still has the log', async () => {
  const told = await worker(toldBy(records));
  const compacted = [await manager(log(records), 5), await manager(log(records), 5), await manager(log(records), 5)];
  expect(await auditAcknowledgements({ app, directories: compacted, workerDirectories: [told] })).toMatchObject({ commandsAcknowledged: 4, commandsLost: 0, commandsNotVerifiable: 2, replicasIdentical: true });
  const [first = '', second = ''] = compacted;
  expect(await auditAcknowledgements({ app, directories: [first, second, await manager(log(records))], workerDirectories: [told] })).toMatchObject({ commandsLost: 0, commandsNotVerifiable: 0, replicasIdentical: true });
});
