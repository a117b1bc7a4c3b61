import { describe, expect, test } from '@jest/globals';
import type { AgentId, CommandRecord, Outcome, SessionId } from '@raft-mesh/state-machine';
import { allCheckers } from '../../src/checkers/all-checkers.ts';
import { ConfigurationSafety } from '../../src/checkers/configuration-safety.ts';
import { DigestEquality } from '../../src/checkers/digest-equality.ts';
import { ExactlyOnce } from '../../src/checkers/exactly-once.ts';
import { NoUnexpectedStop } from '../../src/checkers/no-unexpected-stop.ts';
import { ReadIndexSafety } from '../../src/checkers/read-index-safety.ts';
import { StateMachineSafety } from '../../src/checkers/state-machine-safety.ts';
import { a, b, c, command, configurationEntry, configurationOf, d, e, Script, snapshotAt } from './script.ts';

describe('stateMachineSafety', () => {
  function committed(): Script {
    const script = new Script(new StateMachineSafety());
    for (const node of [a, b]) script.store(node, [command(1, 1), command(2, 1)]);
    script.step(a, { commitIndex: 2 });
    return script;
  }

  test('accepts the same entries in the same order, also from a snapshot on', () => {
    const script = committed();
    script.apply(a, command(1, 1));
    script.apply(a, command(2, 1));
    script.step(b, { commitIndex: 1 });
    script.apply(b, command(1, 1));
    script.see({ kind: 'restored', node: c, index: 1, runningDigest: 'd' });
    script.step(c, { commitIndex: 2 });
    script.apply(c, command(2, 1));
  });

  test('catches a gap, a repetition, and another entry', () => {
    expect(() => committed().apply(a, command(2, 1))).toThrow(/a applies entry 2 after entry 0/);
    const script = committed();
    script.apply(a, command(1, 1));
    expect(() => script.apply(a, command(1, 1))).toThrow(/a applies entry 1 after entry 1/);
    expect(() => committed().apply(a, command(1, 1, 'another'))).toThrow(/a applies another entry 1/);
    expect(() => committed().apply(a, command(1, 2))).toThrow(/of term 2; committed is one of term 1/);
  });

  test('catches what is applied before it is committed here, and a snapshot of what nobody committed', () => {
    expect(() => committed().apply(b, command(1, 1))).toThrow(/has committed only 0/);
    expect(() => committed().start(c, { hardState: { term: 1, votedFor: null }, snapshot: snapshotAt(3, 1), entries: [] })).toThrow(/begins at a snapshot of 3, but only 2/);
  });
});

describe('digestEquality', () => {
  test('accepts the same digest after the same entry, applied or restored', () => {
    const script = new Script(new DigestEquality());
    for (const node of [a, b]) script.apply(node, command(1, 1));
    script.see({ kind: 'restored', node: c, index: 1, runningDigest: 'digest 1' });
  });

  test('catches two digests after one entry, applied or restored', () => {
    const script = new Script(new DigestEquality());
    script.apply(a, command(1, 1));
    expect(() => script.apply(b, command(1, 1), { runningDigest: 'other' })).toThrow(/after entry 1 b has digest other/);
    expect(() => script.see({ kind: 'restored', node: c, index: 1, runningDigest: 'other' })).toThrow(/after entry 1 c has digest other/);
  });
});

describe('exactlyOnce', () => {
  const record = (sequence: number): CommandRecord => ({ kind: 'command', agent: 'agent' as AgentId, session: 'session' as SessionId, sequence, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: {}, random: null });
  const committed = (index: number, answer = 'done'): Outcome => ({ status: 'committed', index, answer: { said: answer } });
  const refused = (index: number, code: string): Outcome => ({ status: 'refused', index, refusal: { code, message: '' } });

  function runs(script: Script, index: number, sequence: number, outcome: Outcome, node = a): void {
    script.apply(node, command(index, 1), { record: record(sequence), result: { outcome, touchedModules: new Set(), events: [], failures: [] } });
  }

  test('accepts a sequence, repetitions with the first answer, and refusals that leave no trace', () => {
    const script = new Script(new ExactlyOnce());
    runs(script, 1, 1, committed(1));
    runs(script, 1, 1, committed(1), b);
    runs(script, 2, 3, refused(2, 'sequenceGap'));
    runs(script, 3, 2, refused(3, 'versionConflict'));
    runs(script, 4, 1, committed(1));
    runs(script, 5, 3, committed(5));
    runs(script, 6, 1, refused(6, 'answerForgotten'));
  });

  test('catches a command that takes effect twice, also if refused the second time', () => {
    const script = new Script(new ExactlyOnce());
    runs(script, 1, 1, committed(1));
    expect(() => runs(script, 2, 1, committed(2))).toThrow(/takes effect at 2, and took effect at 1 before/);
    expect(() => runs(script, 2, 1, refused(2, 'notFound'))).toThrow(/takes effect at 2/);
  });

  test('catches another answer, an answer to what never ran, and a command out of order', () => {
    const script = new Script(new ExactlyOnce());
    runs(script, 1, 1, committed(1));
    expect(() => runs(script, 2, 1, committed(1, 'else'))).toThrow(/another answer at 2 than the first time, at 1/);
    expect(() => runs(script, 3, 2, committed(2))).toThrow(/as if it took effect at 2/);
    expect(() => runs(script, 3, 3, committed(3))).toThrow(/takes effect at 3 after sequence 1/);
  });
});

describe('readIndexSafety', () => {
  function committed(): Script {
    const script = new Script(new ReadIndexSafety());
    script.store(a, [command(1, 1)]);
    script.step(a, { commitIndex: 1 });
    script.apply(b, command(1, 1));
    script.step(b, {}, [], { type: 'read', readId: 7 });
    return script;
  }

  test('accepts an answer from what was committed when it was asked, and a refusal', () => {
    const script = committed();
    script.store(a, [command(2, 1)]);
    script.step(a, { commitIndex: 2 });
    script.step(b, {}, [{ type: 'readReady', readId: 7, index: 1 }]);
    script.step(b, {}, [{ type: 'readRefused', readId: 8, reason: { code: 'leadershipLost' } }], { type: 'read', readId: 8 });
  });

  test('catches an answer from before what was committed, wherever that was', () => {
    expect(() => committed().step(b, {}, [{ type: 'readReady', readId: 7, index: 0 }])).toThrow(/answers a read at 0; when it was asked, 1 was committed/);
  });

  test('catches an answer that is not applied yet, and one given twice', () => {
    expect(() => committed().step(b, {}, [{ type: 'readReady', readId: 7, index: 2 }])).toThrow(/has applied only 1/);
    const script = committed();
    script.step(b, {}, [{ type: 'readReady', readId: 7, index: 1 }]);
    script.step(b, {}, [], { type: 'read', readId: 9 });
    expect(() => script.step(b, {}, [{ type: 'readReady', readId: 7, index: 1 }])).toThrow(/nobody asked, or twice/);
  });
});

describe('configurationSafety', () => {
  const joint = configurationOf([a, b, d], [a, b, c]);
  const next = configurationOf([a, b, d]);

  /** Node a leads term 1 and has committed its first entry. */
  function led(): Script {
    const script = new Script(new ConfigurationSafety());
    script.step(a, { role: 'leader', term: 1 });
    script.store(a, [command(1, 1)]);
    script.step(a, { commitIndex: 1 });
    return script;
  }

  test('accepts a change by way of a joint configuration, its rollback, and snapshots that carry it', () => {
    const script = led();
    script.append(a, [configurationEntry(2, 1, joint)]);
    script.append(a, [configurationEntry(3, 1, next)], { change: { commitIndex: 2 } });
    script.step(a, { commitIndex: 3 });
    script.step(a, {}, [], { type: 'snapshotTaken', snapshot: snapshotAt(2, 1, joint), keepEntries: 0 });
    script.install(c, snapshotAt(3, 1, next));
    script.store(b, [command(1, 1), configurationEntry(2, 1, joint)]);
    script.append(b, [command(2, 2)], { truncateFrom: 2, change: { configuration: configurationOf([a, b, c]), configurationIndex: 0 } });
  });

  test('catches a change whose quorums can decide apart', () => {
    expect(() => led().append(a, [configurationEntry(2, 1, configurationOf([c, d, e]))])).toThrow(/quorums of the two can decide apart/);
    expect(() => led().append(a, [configurationEntry(2, 1, configurationOf([]))])).toThrow(/without voters/);
  });

  test('lets one voter come or go at once, whose quorums meet', () => {
    led().append(a, [configurationEntry(2, 1, configurationOf([a, b, c, d]))]);
  });

  test('catches a second change before the first is committed', () => {
    const script = led();
    script.append(a, [configurationEntry(2, 1, joint)]);
    expect(() => script.append(a, [configurationEntry(3, 1, next)])).toThrow(/2 configurations that are not committed, at 2, 3/);
  });

  test('catches a change before the leader has committed an entry of its term', () => {
    const script = led();
    script.step(a, { role: 'follower' });
    script.step(a, { role: 'leader', term: 2 });
    expect(() => script.append(a, [configurationEntry(2, 2, joint)])).toThrow(/before it has committed an entry of its term 2/);
  });

  test('catches a configuration that is adopted late, or not rolled back', () => {
    expect(() => led().append(a, [configurationEntry(2, 1, joint)], { change: { configuration: configurationOf([a, b, c]) } })).toThrow(/a goes by \{a, b, c\}/);
    const script = led();
    script.store(b, [command(1, 1), configurationEntry(2, 1, joint)]);
    expect(() => script.append(b, [command(2, 2)], { truncateFrom: 2 })).toThrow(/b goes by \{a, b, d and a, b, c\}/);
  });

  test('catches a snapshot with another configuration than the one of its end', () => {
    const script = led();
    script.append(a, [configurationEntry(2, 1, joint)]);
    expect(() => script.step(a, {}, [], { type: 'snapshotTaken', snapshot: snapshotAt(1, 1, joint), keepEntries: 0 })).toThrow(/the snapshot of 1 on a carries/);
  });
});

test('noUnexpectedStop tells a stop that a fault explains from one that is a bug', () => {
  const script = new Script(new NoUnexpectedStop());
  script.see({ kind: 'stopped', node: a, reason: 'disk full', expected: true });
  expect(() => script.see({ kind: 'stopped', node: a, reason: 'two leaders', expected: false })).toThrow(/a stopped by itself: two leaders/);
});

describe('all checkers together', () => {
  test('have names of their own', () => {
    const names = allCheckers().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('accept the life of a small cluster, and every run has its own', () => {
    for (let run = 0; run < 2; run++) {
      const script = new Script(allCheckers());
      script.elect(a, 1);
      const first = command(1, 1);
      script.store(a, [first]);
      script.append(b, [first], { change: { term: 1 }, effects: [{ type: 'send', to: a, message: { type: 'appendAccepted', term: 1, matchIndex: 1, readContext: 0 }, after: 1 }] });
      script.flush(b, { hardState: { term: 1, votedFor: a }, entries: [first] });
      script.step(b, {}, [], { type: 'written', writeId: 1 });
      script.step(a, { commitIndex: 1, logTimeMs: 1 });
      script.apply(a, first);
      script.step(a, { appliedIndex: 1 }, [], { type: 'applied', index: 1 });
      script.step(a, {}, [{ type: 'readReady', readId: 1, index: 1 }], { type: 'read', readId: 1 });
      script.crash(a);
      script.start(a);
      script.elect(b, 2, [b, c]);
    }
  });
});
