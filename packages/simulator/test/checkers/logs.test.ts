import { describe, expect, test } from '@jest/globals';
import { AcknowledgedDurable } from '../../src/checkers/acknowledged-durable.ts';
import { CommittedImmutable } from '../../src/checkers/committed-immutable.ts';
import { CommittedOnQuorum } from '../../src/checkers/committed-on-quorum.ts';
import { LeaderCompleteness } from '../../src/checkers/leader-completeness.ts';
import { LogMatching } from '../../src/checkers/log-matching.ts';
import { LogTimeMonotone } from '../../src/checkers/log-time-monotone.ts';
import { WatermarkOrder } from '../../src/checkers/watermark-order.ts';
import { a, b, c, command, configurationEntry, configurationOf, d, Script, snapshotAt } from './script.ts';

describe('logMatching', () => {
  test('accepts copies, and a tail that another term replaces', () => {
    const script = new Script(new LogMatching());
    script.store(a, [command(1, 1), command(2, 1)]);
    script.store(b, [command(1, 1), command(2, 1)]);
    script.store(b, [command(2, 2)], 2);
    script.start(b);
    script.store(b, [command(3, 2)]);
  });

  test('catches two contents of one index and term', () => {
    const script = new Script(new LogMatching());
    script.store(a, [command(1, 1, 'one')]);
    expect(() => script.store(b, [command(1, 1, 'two')])).toThrow(/b holds another entry 1 of term 1/);
  });

  test('catches two predecessors of one entry', () => {
    const script = new Script(new LogMatching());
    script.store(a, [command(1, 1), command(2, 3)]);
    script.store(b, [command(1, 2)]);
    expect(() => script.store(b, [command(2, 3)])).toThrow(/after one of term 2; before it was seen after one of term 1/);
  });

  test('catches a term that falls, and a gap', () => {
    const script = new Script(new LogMatching());
    expect(() => script.store(a, [command(1, 2), command(2, 1)])).toThrow(/entry 2 of term 1 after one of term 2/);
    const gap = new Script(new LogMatching());
    expect(() => gap.store(a, [command(2, 1)])).toThrow(/entry 2 of term 1 is appended after entry 0/);
  });

  test('catches a log in memory that was never written, and a disk that gives back another entry', () => {
    const script = new Script(new LogMatching());
    expect(() => script.step(a, { lastIndex: 1 })).toThrow(/says its log ends at 1; by what it wrote it ends at 0/);
    const flipped = new Script(new LogMatching());
    flipped.store(a, [command(1, 1)]);
    expect(() => flipped.start(a, { hardState: { term: 1, votedFor: null }, snapshot: snapshotAt(0, 0), entries: [command(1, 1, 'flipped')] })).toThrow(/a holds another entry 1/);
  });
});

describe('committedOnQuorum', () => {
  function led(term: number): Script {
    const script = new Script(new CommittedOnQuorum());
    script.step(a, { role: 'leader', term });
    return script;
  }

  test('accepts what a majority has on disk, then what followers learn of it', () => {
    const script = led(1);
    script.store(a, [command(1, 1)]);
    script.store(b, [command(1, 1)]);
    script.step(a, { commitIndex: 1 });
    script.step(b, { commitIndex: 1 });
  });

  test('counts who lost its disk after it had said what was on it', () => {
    const script = led(1);
    script.store(a, [command(1, 1)]);
    script.store(b, [command(1, 1)]);
    script.retire(b);
    script.step(a, { commitIndex: 1 });
  });

  test('catches a commit before the disks of a majority', () => {
    const script = led(1);
    script.store(a, [command(1, 1)]);
    script.append(b, [command(1, 1)]);
    expect(() => script.step(a, { commitIndex: 1 })).toThrow(/only on the disks of a; a quorum of \{a, b, c\} is needed/);
  });

  test('catches a commit of an entry that others hold in another term', () => {
    const script = led(2);
    script.store(a, [command(1, 2)]);
    script.store(b, [command(1, 1)]);
    expect(() => script.step(a, { commitIndex: 1 })).toThrow(/only on the disks of a/);
  });

  test('catches an entry of an earlier term that is committed by counting (Figure 8)', () => {
    const script = led(2);
    script.store(a, [command(1, 1)]);
    script.store(b, [command(1, 1)]);
    expect(() => script.step(a, { commitIndex: 1 })).toThrow(/of term 1 by counting, but leads term 2/);
  });

  test('catches a follower that runs ahead of every leader', () => {
    const script = led(1);
    script.store(b, [command(1, 1)]);
    expect(() => script.step(b, { commitIndex: 1 })).toThrow(/which no leader has committed/);
  });

  test('wants both majorities of a joint configuration, and takes the next one from when it is appended', () => {
    const joint = configurationOf([a, b, c], [a, d]);
    const entry = configurationEntry(1, 1, joint);
    const script = new Script(new CommittedOnQuorum(), [a, b, c, d]);
    script.step(a, { role: 'leader', term: 1 });
    for (const node of [a, b]) script.store(node, [entry]);
    expect(() => script.step(a, { commitIndex: 1 })).toThrow(/a quorum of \{a, b, c and a, d\} is needed/);
    const whole = new Script(new CommittedOnQuorum(), [a, b, c, d]);
    whole.step(a, { role: 'leader', term: 1 });
    for (const node of [a, b, d]) whole.store(node, [entry]);
    // Commits the joint one and leaves it in one step.
    const next = configurationEntry(2, 1, configurationOf([a, b, c]));
    whole.append(a, [next], { change: { commitIndex: 1 } });
    whole.flush(a, { entries: [next] });
    whole.store(b, [next]);
    whole.step(a, { commitIndex: 2 });
  });

  test('accepts a leader that commits its own removal and steps down at once', () => {
    const script = led(1);
    const entry = configurationEntry(1, 1, configurationOf([b, c]));
    for (const node of [a, b, c]) script.store(node, [entry]);
    script.step(a, { commitIndex: 1, role: 'follower' });
  });
});

describe('leaderCompleteness', () => {
  function committed(): Script {
    const script = new Script(new LeaderCompleteness());
    script.step(a, { role: 'leader', term: 1 });
    script.store(a, [command(1, 1), command(2, 1)]);
    script.store(b, [command(1, 1), command(2, 1)]);
    script.step(a, { commitIndex: 2 });
    return script;
  }

  test('accepts a leader that holds everything, or has it in a snapshot', () => {
    const script = committed();
    script.step(b, { role: 'leader', term: 2 });
    script.start(c, { hardState: { term: 1, votedFor: null }, snapshot: snapshotAt(2, 1), entries: [] });
    script.step(c, { role: 'leader', term: 3 });
  });

  test('lets a leader of an earlier term be that never needed it', () => {
    const script = new Script(new LeaderCompleteness());
    script.step(a, { role: 'leader', term: 2 });
    script.store(a, [command(1, 2)]);
    script.step(a, { commitIndex: 1 });
    script.step(c, { role: 'leader', term: 1 });
  });

  test('catches a leader that lacks a committed entry, or holds another', () => {
    expect(() => committed().step(c, { role: 'leader', term: 2 })).toThrow(/c leads term 2 and holds nothing at 2/);
    const script = committed();
    script.store(c, [command(1, 1), command(2, 2)]);
    expect(() => script.step(c, { role: 'leader', term: 3 })).toThrow(/holds an entry of term 2 at 2/);
  });

  test('catches a late commit of an earlier term that the leader of a later one lacks', () => {
    const script = new Script(new LeaderCompleteness());
    script.step(a, { role: 'leader', term: 1 });
    script.store(a, [command(1, 1)]);
    script.step(c, { role: 'leader', term: 2 });
    expect(() => script.step(a, { commitIndex: 1 })).toThrow(/c leads term 2 and holds nothing at 1/);
  });
});

describe('committedImmutable', () => {
  function committed(): Script {
    const script = new Script(new CommittedImmutable());
    script.step(a, { role: 'leader', term: 1 });
    for (const node of [a, b]) script.store(node, [command(1, 1), command(2, 1)]);
    script.step(a, { commitIndex: 1 });
    return script;
  }

  test('accepts the loss of what was not committed, and a snapshot in the place of what was', () => {
    const script = committed();
    script.store(b, [command(2, 2)], 2);
    script.start(b);
    script.step(a, { commitIndex: 2 });
    script.install(b, snapshotAt(2, 1));
  });

  test('catches a truncation in memory and on disk', () => {
    expect(() => committed().append(b, [command(1, 2)], { truncateFrom: 1 })).toThrow(/b truncates its log from entry 1 of term 1, which is committed/);
    expect(() => committed().flush(b, { truncateFrom: 1, entries: [command(1, 2)] })).toThrow(/the disk of b drops entry 1/);
  });

  test('catches a disk that comes back without, or with another', () => {
    const hardState = { term: 1, votedFor: null };
    expect(() => committed().start(b, { hardState, snapshot: snapshotAt(0, 0), entries: [] })).toThrow(/b comes back without entry 1/);
    expect(() => committed().start(b, { hardState, snapshot: snapshotAt(0, 0), entries: [command(1, 3)] })).toThrow(/b comes back with another entry 1/);
  });

  test('catches a snapshot of another history, or one that takes committed entries away', () => {
    expect(() => committed().install(b, snapshotAt(1, 2))).toThrow(/ends with entry 1 of term 2; committed is one of term 1/);
    const script = committed();
    script.step(a, { commitIndex: 2 });
    expect(() => script.install(b, snapshotAt(1, 1))).toThrow(/over a log that held what is committed through 2/);
  });
});

describe('acknowledgedDurable', () => {
  const accepts = (matchIndex: number) => ({ type: 'appendAccepted', term: 1, matchIndex, readContext: 0 }) as const;

  test('accepts what waits for its write, what is on disk, and what a snapshot covers', () => {
    const script = new Script(new AcknowledgedDurable());
    script.append(b, [command(1, 1)], { change: { term: 1 }, effects: [{ type: 'send', to: a, message: accepts(1), after: 1 }] });
    script.flush(b, { entries: [command(1, 1)] });
    script.sent(b, a, accepts(1));
    script.step(b, {}, [], { type: 'written', writeId: 1 });
    script.send(b, a, accepts(1));
    script.start(c, { hardState: { term: 1, votedFor: null }, snapshot: snapshotAt(5, 1), entries: [] });
    script.send(c, a, accepts(3));
    script.send(c, a, { type: 'snapshotChunkResponse', term: 1, lastIndex: 5, nextOffsetBytes: 10, installed: true });
  });

  test('catches an acknowledgement that waits for no write, for an earlier one, or for none that brings the entry', () => {
    const script = new Script(new AcknowledgedDurable());
    expect(() => script.append(b, [command(1, 1)], { effects: [{ type: 'send', to: a, message: accepts(1), after: null }] })).toThrow(/write 1 that brings or replaces it is not waited for/);
    const earlier = new Script(new AcknowledgedDurable());
    earlier.append(b, [command(1, 1)]);
    expect(() => earlier.append(b, [command(2, 1)], { effects: [{ type: 'send', to: a, message: accepts(2), after: 1 }] })).toThrow(/write 2 .* is not waited for \(write 1 is\)/);
    const none = new Script(new AcknowledgedDurable());
    expect(() => none.send(b, a, accepts(1))).toThrow(/its log ends at 0/);
  });

  test('catches a core that was told of a write that is not on disk', () => {
    const script = new Script(new AcknowledgedDurable());
    const writeId = script.append(b, [command(1, 1)]);
    script.step(b, {}, [], { type: 'written', writeId });
    expect(() => script.send(b, a, accepts(1))).toThrow(/its disk holds nothing there/);
  });

  test('catches a message that leaves before its write, and takes none of an earlier term for one', () => {
    const script = new Script(new AcknowledgedDurable());
    script.append(b, [command(1, 1)], { change: { term: 1 }, effects: [{ type: 'send', to: a, message: accepts(1), after: 1 }] });
    expect(() => script.sent(b, a, accepts(1))).toThrow(/not on its disk when the message leaves/);
    script.step(b, { term: 2 });
    script.sent(b, a, accepts(1));
  });

  test('catches an installed snapshot that is not', () => {
    const script = new Script(new AcknowledgedDurable());
    script.store(b, [command(1, 1)]);
    expect(() => script.send(b, a, { type: 'snapshotChunkResponse', term: 1, lastIndex: 4, nextOffsetBytes: 10, installed: true })).toThrow(/b acknowledges entry 4/);
  });
});

describe('watermarkOrder', () => {
  test('accepts the order, and a state machine that stands at a snapshot before the core does', () => {
    const script = new Script(new WatermarkOrder());
    script.store(a, [command(1, 1), command(2, 1)]);
    script.step(a, { commitIndex: 1, firstIndex: 1 });
    script.apply(a, command(1, 1));
    script.step(a, { appliedIndex: 1 }, [], { type: 'applied', index: 1 });
    script.step(a, {}, [], { type: 'snapshotTaken', snapshot: snapshotAt(1, 1), keepEntries: 0 });
    script.step(a, { firstIndex: 2 });
    script.step(b, { firstIndex: 1 }, [{ type: 'installSnapshot', writeId: 1, snapshot: snapshotAt(7, 1) }]);
    script.see({ kind: 'restored', node: b, index: 7, runningDigest: 'd' });
    script.step(b, {});
    script.step(b, { commitIndex: 7, appliedIndex: 7, lastIndex: 7, firstIndex: 8 }, [], { type: 'written', writeId: 1 });
  });

  test.each([
    ['commit beyond the log', { commitIndex: 3, lastIndex: 2, firstIndex: 1 }, /committed is 3, but the log ends at 2/],
    ['a log that was compacted beyond its snapshot', { firstIndex: 3, lastIndex: 5 }, /compacted through 2, but the last snapshot ends at 0/],
    ['a core that believes more applied than is', { firstIndex: 1, appliedIndex: 1, commitIndex: 1, lastIndex: 1 }, /believes applied 1, but applied is 0/],
  ])('catches %s', (_, change, message) => {
    expect(() => new Script(new WatermarkOrder()).step(a, change)).toThrow(message);
  });

  test('catches what is applied beyond the commit, and a snapshot of what is not applied', () => {
    const script = new Script(new WatermarkOrder());
    script.apply(a, command(1, 1));
    expect(() => script.step(a, { lastIndex: 1 })).toThrow(/applied is 1, but committed is 0/);
    expect(() => new Script(new WatermarkOrder()).step(a, { lastIndex: 4, commitIndex: 4 }, [], { type: 'snapshotTaken', snapshot: snapshotAt(4, 1), keepEntries: 0 })).toThrow(/snapshot ends at 4, but applied is 0/);
  });
});

describe('logTimeMonotone', () => {
  test('accepts time that stands still or passes, and a new life that begins earlier', () => {
    const script = new Script(new LogTimeMonotone());
    script.store(a, [command(1, 1, 'x', 5), command(2, 1, 'y', 5)]);
    script.step(a, { logTimeMs: 9 });
    script.apply(a, command(1, 1, 'x', 5));
    script.step(a, {});
    script.start(a);
    script.step(a, { logTimeMs: 5 });
  });

  test('catches time that falls between entries, on a node, and behind what it applied', () => {
    expect(() => new Script(new LogTimeMonotone()).store(a, [command(1, 1, 'x', 5), command(2, 1, 'y', 4)])).toThrow(/log time of entry 2 fell from 5 ms to 4 ms/);
    const script = new Script(new LogTimeMonotone());
    script.step(a, { logTimeMs: 9 });
    expect(() => script.step(a, { logTimeMs: 8 })).toThrow(/log time of a fell from 9 ms to 8 ms/);
    const behind = new Script(new LogTimeMonotone());
    behind.apply(a, command(1, 1, 'x', 5));
    expect(() => behind.step(a, { logTimeMs: 4 })).toThrow(/behind what it has applied, fell from 5 ms to 4 ms/);
    const applied = new Script(new LogTimeMonotone());
    applied.apply(a, command(1, 1, 'x', 5));
    expect(() => applied.apply(a, command(2, 1, 'y', 3))).toThrow(/applies with entry 2 fell from 5 ms to 3 ms/);
  });
});
