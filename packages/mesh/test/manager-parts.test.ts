import { describe, expect, jest, test } from '@jest/globals';
import type { LogWrite } from '@raft-mesh/mesh';
import type { ManagerToManager } from '@raft-mesh/protocol';
import { encodeRecord } from '@raft-mesh/protocol';
import type { Entry, NodeId } from '@raft-mesh/raft';
import { SeededRandom, SimulatedClock } from '@raft-mesh/testkit';
import * as fc from 'fast-check';
import { ForwardNumbers } from '../src/manager/forward-numbers.ts';
import { LogTimeKeeper } from '../src/manager/log-time-keeper.ts';
import { Proposals } from '../src/manager/proposals.ts';
import type { SubmissionEnd } from '../src/manager/proposals.ts';
import type { Leadership, ProposalResult } from '../src/manager/raft-driver.ts';
import { WriteQueue, mergeWrites } from '../src/manager/write-queue.ts';
import type { DurableEffect } from '../src/manager/write-queue.ts';

const entry = (index: number, term: number): Entry => ({ kind: 'noop', index, term, logTimeMs: 0 });

describe('mergeWrites', () => {
  /** The log on a disk, as a store would have it. */
  function written(disk: readonly Entry[], write: LogWrite): Entry[] {
    const kept = disk.filter((known) => write.truncateFrom === null || known.index < write.truncateFrom);
    for (const added of write.entries) {
      expect(added.index).toBe((kept.at(-1)?.index ?? 0) + 1);
      kept.push(added);
    }
    return kept;
  }

  test('leaves the same on disk as the writes one by one', () => {
    fc.assert(fc.property(fc.array(fc.record({ back: fc.integer({ min: 0, max: 4 }), count: fc.integer({ min: 0, max: 4 }) }), { minLength: 1, maxLength: 8 }), (steps) => {
      const start = [entry(1, 1), entry(2, 1), entry(3, 1)];
      let one: Entry[] = start;
      const writes: LogWrite[] = steps.map(({ back, count }, at) => {
        const last = one.length;
        const from = Math.max(1, last - back + 1);
        const write: LogWrite = {
          hardState: { term: at, votedFor: null }, truncateFrom: from <= last ? from : null,
          entries: Array.from({ length: count }, (_, offset) => entry(from + offset, at + 2)),
        };
        one = written(one, write);
        return write;
      });
      const merged = writes.reduce(mergeWrites);
      expect(written(start, merged)).toEqual(one);
      expect(merged.hardState?.term).toBe(steps.length - 1);
    }));
  });
});

describe('WriteQueue', () => {
  test('makes one flush of what came while another was in progress', async () => {
    const flushes: { readonly entries: number; readonly done: () => void }[] = [];
    const writtenIds: number[] = [];
    const queue = new WriteQueue({
      store: { write: (batch: LogWrite) => new Promise<void>((resolve) => { flushes.push({ entries: batch.entries.length, done: resolve }); }) } as never,
      install: () => Promise.resolve(), onWritten: (writeId) => { writtenIds.push(writeId); }, onFailed: () => {},
    });
    const write = (writeId: number): DurableEffect => ({ type: 'write', writeId, hardState: null, truncateFrom: null, entries: [entry(writeId, 1)] });
    queue.push(write(1));
    queue.flush();
    for (const writeId of [2, 3, 4]) { queue.push(write(writeId)); queue.flush(); }
    expect(flushes.map(({ entries }) => entries)).toEqual([1]);
    flushes[0]?.done();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(flushes.map(({ entries }) => entries)).toEqual([1, 3]);
    flushes[1]?.done();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(writtenIds).toEqual([1, 4]);
  });

  test('starts nothing more after a failure', async () => {
    const failures: unknown[] = [];
    let calls = 0;
    const queue = new WriteQueue({
      store: { write: () => { calls += 1; return Promise.reject(new Error('no space')); } } as never,
      install: () => Promise.resolve(), onWritten: () => {}, onFailed: (writeId, reason) => { failures.push([writeId, reason]); },
    });
    queue.push({ type: 'write', writeId: 1, hardState: null, truncateFrom: null, entries: [] });
    queue.flush();
    await new Promise((resolve) => { setImmediate(resolve); });
    queue.push({ type: 'write', writeId: 2, hardState: null, truncateFrom: null, entries: [] });
    queue.flush();
    expect(failures).toEqual([[1, 'no space']]);
    expect(calls).toBe(1);
  });
});

describe('Proposals', () => {
  const self = 'm1:1' as NodeId;
  const other = 'm2:1' as NodeId;

  function setUp(leadership: Leadership) {
    const clock = new SimulatedClock();
    const proposed: { readonly data: Uint8Array; readonly done: (result: ProposalResult) => void }[] = [];
    const sent: { readonly to: NodeId; readonly message: ManagerToManager }[] = [];
    const state = { leadership, isLinked: true, hasRoom: true };
    const proposals = new Proposals({
      self, clock, forwards: new ForwardNumbers({ bytes: (count) => new Uint8Array(count), identifier: () => '' }), leadership: () => state.leadership, hasRoom: () => state.hasRoom,
      propose: (data, done) => { proposed.push({ data, done }); },
      send: (to, message) => { if (state.isLinked) sent.push({ to, message }); return state.isLinked; },
    });
    const ends: [number, SubmissionEnd][] = [];
    const submit = (number: number) => proposals.submit(Uint8Array.of(number), (end) => { ends.push([number, end]); });
    const forwarded = () => sent.map(({ to, message }) => [to, message.type === 'forwardProposal' ? message.record[0] : null]);
    return { clock, proposed, sent, state, proposals, ends, submit, forwarded };
  }
  const ledBy = (leader: NodeId | null, term: number): Leadership => ({ role: leader === self ? 'leader' : 'follower', term, leader });

  test('with a full disk this manager refuses what it would have to write first, and passes on what another leader writes', async () => {
    const { clock, submit, state, ends, forwarded, proposed } = setUp(ledBy(self, 1));
    state.hasRoom = false;
    submit(1);
    expect(ends).toMatchObject([[1, { ended: 'refused', refusal: { code: 'diskFull' }, retryAfterMs: 1_000 }]]);
    state.leadership = ledBy(other, 2);
    submit(2);
    expect(forwarded()).toEqual([[other, 2]]);
    state.leadership = ledBy(null, 2);
    await clock.advance(2_000);
    expect(ends[1]).toMatchObject([2, { refusal: { code: 'diskFull' } }]);
    state.hasRoom = true;
    state.leadership = ledBy(self, 3);
    submit(3);
    expect(proposed).toHaveLength(1);
  });

  test('a submission costs no look at all the others that are open', () => {
    const { submit, proposed } = setUp(ledBy(self, 1));
    submit(0);
    const looks = jest.spyOn(Set.prototype, Symbol.iterator);
    for (let number = 1; number < 1_000; number += 1) submit(number);
    const looked = looks.mock.calls.length;
    looks.mockRestore();
    expect(looked).toBe(0);
    expect(proposed).toHaveLength(1_000);
  });

  test('wait for a leader in order, and go to it once there is one', () => {
    const { submit, state, proposals, forwarded } = setUp(ledBy(null, 1));
    submit(1);
    submit(2);
    expect(forwarded()).toEqual([]);
    state.leadership = ledBy(other, 2);
    proposals.routeChanged();
    submit(3);
    expect(forwarded()).toEqual([[other, 1], [other, 2], [other, 3]]);
  });

  test('after a change of leader, none overtakes one that may be lost', () => {
    const { submit, state, proposals, proposed, forwarded, ends } = setUp(ledBy(other, 1));
    submit(1);
    submit(2);
    proposals.takeForwardResult({ type: 'forwardResult', forward: 1, result: { status: 'appended', term: 1, index: 5 } });
    state.leadership = ledBy(self, 2);
    proposals.routeChanged();
    submit(3);
    // Nothing is known yet of 1 and 2: the new leader's first entry decides.
    expect(proposed).toEqual([]);
    proposals.applied(5, 1, null);
    proposals.applied(6, 2, null);
    expect(ends).toEqual([[1, { ended: 'applied', index: 5, outcome: null }]]);
    expect(proposed.map(({ data }) => data[0])).toEqual([2, 3]);
    expect(forwarded()).toHaveLength(2);
  });

  test('whose place was taken by another entry go again', () => {
    const { submit, proposals, proposed, ends } = setUp(ledBy(self, 1));
    submit(1);
    proposed[0]?.done({ accepted: true, term: 1, index: 5 });
    proposals.applied(5, 2, null);
    expect(ends).toEqual([]);
    expect(proposed.map(({ data }) => data[0])).toEqual([1, 1]);
    proposed[1]?.done({ accepted: true, term: 2, index: 6 });
    proposals.applied(6, 2, null);
    expect(ends).toEqual([[1, { ended: 'applied', index: 6, outcome: null }]]);
  });

  test('a refusal is passed on when it says to wait, and tried again when the leader was another', () => {
    const { submit, proposed, clock, ends } = setUp(ledBy(self, 1));
    submit(1);
    submit(2);
    proposed[0]?.done({ accepted: false, reason: { code: 'backlogFull', limitBytes: 1 } });
    proposed[1]?.done({ accepted: false, reason: { code: 'leadershipLost' } });
    expect(ends).toMatchObject([[1, { ended: 'refused', refusal: { code: 'overloaded' } }]]);
    clock.advanceNow(100);
    expect(proposed.map(({ data }) => data[0])).toEqual([1, 2, 2]);
  });

  test('are not kept for ever without a leader', () => {
    const { submit, clock, ends } = setUp(ledBy(null, 1));
    submit(1);
    clock.advanceNow(2_000);
    expect(ends).toMatchObject([[1, { ended: 'refused', refusal: { code: 'noLeader' } }]]);
  });

  test('go again when the link to the leader broke before it answered', () => {
    const { submit, state, proposals, forwarded } = setUp(ledBy(other, 1));
    submit(1);
    state.isLinked = false;
    proposals.unreachable(other);
    state.isLinked = true;
    proposals.routeChanged();
    expect(forwarded()).toEqual([[other, 1], [other, 1]]);
  });

  test('54. a forward of bytes that are no record never gets into the log; one to a manager that does not lead is sent back', () => {
    const { proposals, proposed, sent } = setUp(ledBy(self, 1));
    proposals.takeForward(other, { type: 'forwardProposal', forward: 1, record: new Uint8Array([1, 2, 3]) });
    expect(proposed).toEqual([]);
    expect(sent.at(-1)?.message).toMatchObject({ forward: 1, result: { status: 'refused', refusal: { code: 'invalidRecord' } } });
    proposals.takeForward(other, { type: 'forwardProposal', forward: 2, record: encodeRecord({ kind: 'time', random: new Uint8Array(32) }) });
    proposed[0]?.done({ accepted: false, reason: { code: 'notLeader', leader: null } });
    expect(sent.at(-1)?.message).toMatchObject({ forward: 2, result: { status: 'refused', refusal: { code: 'notLeader' } } });
    expect(sent.filter(({ message }) => message.type === 'forwardProposal')).toEqual([]);
  });
});

describe('LogTimeKeeper', () => {
  function setUp(deadlineMs: number | null) {
    const clock = new SimulatedClock();
    const state = { deadlineMs, leads: true, applied: 0, proposals: [] as ((result: ProposalResult) => void)[] };
    const keeper = new LogTimeKeeper({
      clock, random: new SeededRandom(1), isLeader: () => state.leads, logTimeMs: () => clock.nowMs(), nextDeadlineMs: () => state.deadlineMs,
      propose: (_, done) => { state.proposals.push(done); },
    });
    keeper.leadershipChanged();
    /** Accepts and applies what was proposed last. */
    const commit = () => {
      state.applied += 1;
      state.proposals.at(-1)?.({ accepted: true, term: 1, index: state.applied });
      keeper.applied(state.applied);
    };
    return { clock, state, keeper, commit };
  }

  test('proposes the time when a deadline has come, one at a time', () => {
    const { clock, state, keeper, commit } = setUp(null);
    clock.advanceNow(10_000);
    expect(state.proposals).toHaveLength(0);
    state.deadlineMs = clock.nowMs() + 300;
    keeper.applied(1);
    clock.advanceNow(299);
    expect(state.proposals).toHaveLength(0);
    clock.advanceNow(2);
    expect(state.proposals).toHaveLength(1);
    clock.advanceNow(5_000);
    expect(state.proposals).toHaveLength(1);
    state.deadlineMs = null;
    commit();
    clock.advanceNow(5_000);
    expect(state.proposals).toHaveLength(1);
  });

  test('writes the time down once a second of silence while a deadline is near, and not while it is far', () => {
    const { clock, state, commit } = setUp(1_000_000);
    clock.advanceNow(400_000 - 1);
    expect(state.proposals).toHaveLength(0);
    for (let second = 0; second < 10; second += 1) {
      const before = state.proposals.length;
      clock.advanceNow(1_001);
      expect(state.proposals.length).toBe(before + 1);
      commit();
    }
  });

  test('leaves it to the leader, and tries again after a refusal', () => {
    const { clock, state, keeper } = setUp(5);
    state.leads = false;
    clock.advanceNow(1_000);
    expect(state.proposals).toHaveLength(0);
    state.leads = true;
    keeper.leadershipChanged();
    expect(state.proposals).toHaveLength(1);
    state.proposals.at(-1)?.({ accepted: false, reason: { code: 'backlogFull', limitBytes: 1 } });
    clock.advanceNow(200);
    expect(state.proposals).toHaveLength(2);
  });
});
