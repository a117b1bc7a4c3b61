import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MeshId, ManagerId } from '@raft-mesh/protocol';
import type { AgentId, JsonValue, SessionId } from '@raft-mesh/state-machine';
import type { StoredCommand, StoredOutcome, WorkerIdentity, WorkerStore } from '@raft-mesh/mesh';

/** One worker's place on some storage, over several lives of its store. */
export interface WorkerStoreSubject {
  /** Opens the store as a restart of the process does. The first time it is empty. */
  open(): Promise<WorkerStore>;
  /** Every outcome that the store kept for auditors, in order; read while no store is open. */
  readOutcomes(): Promise<readonly StoredOutcome[]>;
  /** Removes all traces. Every opened store has been closed. */
  dispose(): Promise<void>;
}

export interface WorkerStoreSuiteOptions {
  readonly createSubject: () => Promise<WorkerStoreSubject>;
  /** Whether a second `open` is refused while a store is open; if not, the reason. */
  readonly ownership: { readonly exclusive: true } | { readonly exclusive: false; readonly reason: string };
  /** Whether a sequence number given to a second, different command is refused; if not, the reason. */
  readonly sequences: { readonly checked: true } | { readonly checked: false; readonly reason: string };
}

const sessionOne = 'session-one' as SessionId;
const sessionTwo = 'session-two' as SessionId;

const identity: WorkerIdentity = {
  mesh: 'table' as MeshId, incarnation: 2, agent: null, name: 'Ada', resumeSecret: 'c2VjcmV0', joinToken: 'a.b.c', session: sessionOne, sessionOpened: false,
  managers: [{ id: 'm1' as ManagerId, url: 'ws://127.0.0.1:1' }, { id: 'm2' as ManagerId, url: 'ws://127.0.0.1:2' }],
};
const command = (sequence: number, session = sessionOne, value: JsonValue = { text: `ä ${sequence}`, list: [1, null, { deep: true }] }): StoredCommand =>
  ({ session, sequence, module: 'documents', command: 'put', arguments: value });
const committed = (sequence: number, session = sessionOne): StoredOutcome =>
  ({ session, sequence, outcome: { status: 'committed', index: 100 + sequence, answer: { version: sequence } } });
const sequences = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, offset) => from + offset);

/** What every `WorkerStore` promises. Call it at the top of a test file. */
export function testWorkerStore(name: string, { createSubject, ownership, sequences: sequenceCheck }: WorkerStoreSuiteOptions): void {
  describe(`${name} as a WorkerStore`, () => {
    let subject: WorkerStoreSubject;
    let opened: WorkerStore[];

    beforeEach(async () => {
      subject = await createSubject();
      opened = [];
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      await subject.dispose();
    });

    const open = async () => {
      const store = await subject.open();
      opened.push(store);
      return store;
    };
    const close = async (store: WorkerStore) => {
      opened = opened.filter((other) => other !== store);
      await store.close();
    };
    const reopened = async (store: WorkerStore) => {
      await close(store);
      return await open();
    };

    test('is null until it was written to', async () => {
      const store = await open();
      expect(await store.load()).toBeNull();
      expect(await (await reopened(store)).load()).toBeNull();
    });

    test('keeps the last identity', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      expect(await store.load()).toEqual({ identity, open: [], nextSequence: 1 });
      const welcomed: WorkerIdentity = { ...identity, agent: 'a1' as AgentId, joinToken: null, sessionOpened: true };
      await store.saveIdentity(welcomed);
      expect(await (await reopened(store)).load()).toEqual({ identity: welcomed, open: [], nextSequence: 1 });
    });

    test('gives back commands without an outcome, in order, and the next sequence', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      for (const sequence of sequences(1, 4)) await store.saveCommand(command(sequence));
      await store.saveOutcome(committed(1));
      await store.saveOutcome({ session: sessionOne, sequence: 3, outcome: { status: 'refused', index: 103, refusal: { code: 'wrongPhase', message: 'It is night.' } } });
      const expected = { identity, open: [command(2), command(4)], nextSequence: 5 };
      expect(await store.load()).toEqual(expected);
      const second = await reopened(store);
      expect(await second.load()).toEqual(expected);
      expect(await (await reopened(second)).load()).toEqual(expected);
    });

    test('does not give a settled sequence number out again', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      await store.saveCommand(command(1));
      await store.saveCommand(command(2));
      await store.saveOutcome(committed(2));
      await store.saveOutcome(committed(1));
      let current = store;
      for (let life = 0; life < 3; life += 1) {
        current = await reopened(current);
        expect(await current.load()).toEqual({ identity, open: [], nextSequence: 3 });
      }
    });

    test('keeps many changes that nobody waited for, and settles their promises in order', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      const settled: string[] = [];
      const writes = sequences(1, 100).flatMap((sequence) => [
        store.saveCommand(command(sequence)).then(() => settled.push(`command ${sequence}`)),
        ...(sequence % 2 === 0 ? [store.saveOutcome(committed(sequence)).then(() => settled.push(`outcome ${sequence}`))] : []),
      ]);
      await Promise.all(writes);
      expect(settled).toEqual(sequences(1, 100).flatMap((sequence) => [`command ${sequence}`, ...(sequence % 2 === 0 ? [`outcome ${sequence}`] : [])]));
      const record = await (await reopened(store)).load();
      expect(record?.open.map(({ sequence }) => sequence)).toEqual(sequences(1, 100).filter((sequence) => sequence % 2 === 1));
      expect(record?.nextSequence).toBe(101);
    });

    test('a new session begins at 1 and does not see the commands of the one before', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      await store.saveCommand(command(1));
      await store.saveOutcome({ session: sessionOne, sequence: 1, outcome: { status: 'unknown', reason: 'sessionExpired' } });
      await store.saveCommand(command(2));
      const next = { ...identity, session: sessionTwo };
      await store.saveIdentity(next);
      expect(await store.load()).toEqual({ identity: next, open: [], nextSequence: 1 });
      await store.saveCommand(command(1, sessionTwo));
      const second = await reopened(store);
      expect(await second.load()).toEqual({ identity: next, open: [command(1, sessionTwo)], nextSequence: 2 });
      expect((await (await reopened(second)).load())?.nextSequence).toBe(2);
    });

    test('keeps every outcome for auditors', async () => {
      const store = await open();
      await store.saveIdentity(identity);
      for (const sequence of sequences(1, 3)) await store.saveCommand(command(sequence));
      for (const sequence of [2, 1]) await store.saveOutcome(committed(sequence));
      const second = await reopened(store);
      await second.saveOutcome(committed(3));
      await close(second);
      expect(await subject.readOutcomes()).toEqual([committed(2), committed(1), committed(3)]);
    });

    if (sequenceCheck.checked) {
      test('refuses a second command under the same sequence number, and takes the same one again', async () => {
        const store = await open();
        await store.saveIdentity(identity);
        await store.saveCommand(command(1));
        await store.saveCommand(command(1));
        await expect(store.saveCommand(command(1, sessionOne, 'other'))).rejects.toThrow('Sequence 1');
        await store.saveCommand(command(2));
        expect(await (await reopened(store)).load()).toEqual({ identity, open: [command(1), command(2)], nextSequence: 3 });
      });
    } else {
      test.skip(`refuses a second command under the same sequence number (not here: ${sequenceCheck.reason})`, () => undefined);
    }

    if (ownership.exclusive) {
      test('has one owner at a time', async () => {
        const store = await open();
        await store.saveIdentity(identity);
        await expect(subject.open()).rejects.toThrow('in use');
        expect((await (await reopened(store)).load())?.identity).toEqual(identity);
      });
    } else {
      test.skip(`has one owner at a time (not here: ${ownership.reason})`, () => undefined);
    }
  });
}
