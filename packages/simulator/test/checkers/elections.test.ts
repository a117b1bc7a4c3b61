import { describe, expect, test } from '@jest/globals';
import { ElectionSafety } from '../../src/checkers/election-safety.ts';
import { Monotone } from '../../src/checkers/monotone.ts';
import { VoteOnce } from '../../src/checkers/vote-once.ts';
import { a, b, c, configurationOf, Script } from './script.ts';

describe('electionSafety', () => {
  test('accepts one leader a term, elected by durable votes', () => {
    const script = new Script(new ElectionSafety());
    script.elect(a, 1);
    script.step(a, { role: 'follower' });
    script.elect(b, 2, [b, c]);
    script.step(b, {});
  });

  test('catches two leaders of one term', () => {
    const script = new Script(new ElectionSafety());
    script.elect(a, 1, [a, b]);
    expect(() => script.elect(b, 1, [b, c])).toThrow(/b and a both lead term 1/);
  });

  test('catches a leader whose vote for itself is not on its disk', () => {
    const script = new Script(new ElectionSafety());
    script.vote(b, 1, a);
    script.vote(c, 1, a);
    expect(() => script.step(a, { role: 'leader', term: 1 })).toThrow(/its disk holds term 0/);
  });

  test('catches a leader without a majority of durable votes', () => {
    const script = new Script(new ElectionSafety());
    expect(() => script.elect(a, 1, [a])).toThrow(/durable votes of a alone/);
  });

  test('takes a vote that was merged into one write with a later term for durable, and one that is only to be written not', () => {
    const write = { type: 'write', writeId: 1, hardState: { term: 1, votedFor: a }, truncateFrom: null, entries: [] } as const;
    const script = new Script(new ElectionSafety());
    script.vote(a, 1, a);
    script.step(b, { term: 1 }, [write]);
    expect(() => script.step(a, { role: 'leader', term: 1 })).toThrow(/durable votes of a alone/);
    const merged = new Script(new ElectionSafety());
    merged.vote(a, 1, a);
    merged.step(b, { term: 1 }, [write]);
    merged.vote(b, 2, null);
    merged.step(a, { role: 'leader', term: 1 });
  });

  test('wants both majorities of a joint configuration', () => {
    const configuration = configurationOf([a, b, c], [a]);
    const script = new Script(new ElectionSafety());
    script.vote(b, 1, b);
    script.vote(c, 1, b);
    expect(() => script.step(b, { role: 'leader', term: 1, configuration })).toThrow(/no quorum of \{a, b, c and a\}/);
    script.vote(a, 1, b);
    script.step(b, { role: 'follower' });
    script.step(b, { role: 'leader' });
  });
});

describe('monotone', () => {
  test('accepts what rises, and a new life that begins lower', () => {
    const script = new Script(new Monotone());
    script.step(a, { term: 1, lastIndex: 0 });
    script.vote(a, 1, b);
    script.step(a, { term: 2 });
    script.vote(a, 2, null);
    script.vote(a, 2, a);
    script.crash(a);
    script.start(a);
    script.step(a, { commitIndex: 0 });
  });

  test('catches a term that falls in one life', () => {
    const script = new Script(new Monotone());
    script.step(a, { term: 2 });
    expect(() => script.step(a, { term: 1 })).toThrow(/the term of a fell from 2 to 1/);
  });

  test('catches a term that falls behind the disk over a restart', () => {
    const script = new Script(new Monotone());
    script.vote(a, 3, null);
    script.start(a);
    expect(() => script.step(a, { term: 2 })).toThrow(/the term of a fell from 3 to 2/);
  });

  test('catches a commit index and an applied index that fall', () => {
    const script = new Script(new Monotone());
    script.step(a, { commitIndex: 5, appliedIndex: 4 });
    expect(() => script.step(a, { commitIndex: 4 })).toThrow(/commit index of a fell/);
    const other = new Script(new Monotone());
    other.step(a, { appliedIndex: 4 });
    expect(() => other.step(a, { appliedIndex: 3 })).toThrow(/applied index of a fell/);
  });

  test('catches a durable term that falls and a durable vote that changes or vanishes', () => {
    const script = new Script(new Monotone());
    script.vote(a, 2, b);
    expect(() => script.vote(a, 1, b)).toThrow(/term on disk of a fell/);
    const changed = new Script(new Monotone());
    changed.vote(a, 2, b);
    expect(() => changed.vote(a, 2, c)).toThrow(/held a vote for b in term 2 and now holds one for c/);
    const forgotten = new Script(new Monotone());
    forgotten.vote(a, 2, b);
    expect(() => forgotten.vote(a, 2, null)).toThrow(/now holds none/);
  });
});

describe('voteOnce', () => {
  const granted = { type: 'voteResponse', term: 1, granted: true } as const;

  test('accepts a grant of a vote on disk, said twice, and one that waits for its write', () => {
    const script = new Script(new VoteOnce());
    script.vote(a, 1, b);
    script.send(a, b, granted);
    script.sent(a, b, granted);
    script.send(a, b, granted);
    script.step(c, { term: 1 }, [
      { type: 'write', writeId: 1, hardState: { term: 1, votedFor: b }, truncateFrom: null, entries: [] },
      { type: 'send', to: b, message: granted, after: 1 },
    ]);
    script.vote(c, 1, b);
    script.sent(c, b, granted);
    script.step(c, {}, [], { type: 'written', writeId: 1 });
  });

  test('lets a node that died before it said so vote for another', () => {
    const script = new Script(new VoteOnce());
    script.step(a, { term: 1 }, [
      { type: 'write', writeId: 1, hardState: { term: 1, votedFor: b }, truncateFrom: null, entries: [] },
      { type: 'send', to: b, message: granted, after: 1 },
    ]);
    script.crash(a);
    script.start(a);
    script.vote(a, 1, c);
    script.send(a, c, granted);
  });

  test('catches a second candidate over a restart', () => {
    const script = new Script(new VoteOnce());
    script.vote(a, 1, b);
    script.send(a, b, granted);
    script.crash(a);
    script.start(a);
    script.vote(a, 1, c);
    expect(() => script.send(a, c, granted)).toThrow(/granted it to b before/);
  });

  test('catches a grant that does not wait for the disk', () => {
    const script = new Script(new VoteOnce());
    expect(() => script.step(a, { term: 1 }, [
      { type: 'write', writeId: 1, hardState: { term: 1, votedFor: b }, truncateFrom: null, entries: [] },
      { type: 'send', to: b, message: granted, after: null },
    ])).toThrow(/a grants b its vote in term 1 with term 0/);
  });

  test('catches a driver that sends before the write it should wait for', () => {
    const script = new Script(new VoteOnce());
    script.step(a, { term: 1 }, [
      { type: 'write', writeId: 1, hardState: { term: 1, votedFor: b }, truncateFrom: null, entries: [] },
      { type: 'send', to: b, message: granted, after: 1 },
    ]);
    expect(() => script.sent(a, b, granted)).toThrow(/with term 0 and a vote for null on its disk/);
  });
});
