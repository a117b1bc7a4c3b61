import { describe, expect, test } from '@jest/globals';
import type { Message, NodeId, RaftStatus } from '@raft-mesh/raft';
import { LeaderIsHeard } from '../../src/checkers/leader-is-heard.ts';
import { ProgressIsTrue } from '../../src/checkers/progress-is-true.ts';
import { VotersHaveCome } from '../../src/checkers/voters-have-come.ts';
import { a, b, c, command, configurationEntry, configurationOf, d, Script, snapshotAt } from './script.ts';

const accepted: Message = { type: 'appendAccepted', term: 2, matchIndex: 1, readContext: 0 };

function counts(id: NodeId, matchIndex: number): Partial<RaftStatus> {
  return { role: 'leader', term: 2, peers: [{ id, state: 'replicate', matchIndex, nextIndex: matchIndex + 1, lastContactAtMs: 0 }] };
}

describe('progressIsTrue', () => {
  const led = (): Script => {
    const script = new Script(new ProgressIsTrue());
    script.store(a, [command(1, 1), command(2, 2)]);
    script.store(b, [command(1, 1)]);
    return script;
  };
  const hears = (script: Script, matchIndex: number): void => script.step(a, counts(b, matchIndex), [], { type: 'message', from: b, message: accepted });

  test('accepts what is on the disk of the peer, in its log or in its snapshot', () => {
    const script = led();
    hears(script, 1);
    script.install(b, snapshotAt(2, 2));
    hears(script, 2);
  });

  test('accepts what somebody had who lost its disk, or has gone on to a later term', () => {
    const later = led();
    later.vote(b, 3, null);
    hears(later, 2);
    const lost = led();
    lost.retire(b);
    hears(lost, 1);
  });

  test('catches what the peer does not hold, or holds of another term', () => {
    expect(() => hears(led(), 2)).toThrow(/a counts entry 2 of term 2 for b, whose disk holds nothing there/);
    const other = led();
    other.store(b, [command(2, 1)]);
    expect(() => hears(other, 2)).toThrow(/whose disk holds one of term 1 there/);
  });
});

describe('votersHaveCome', () => {
  test('accepts who has run, and catches who never has', () => {
    const script = new Script(new VotersHaveCome());
    script.append(a, [configurationEntry(1, 1, configurationOf([a, b, c]))]);
    expect(() => script.append(a, [configurationEntry(2, 1, configurationOf([a, b, c, d]))])).toThrow(/a gives d a vote at 2, which has never run/);
    script.start(d, { hardState: { term: 0, votedFor: null }, snapshot: snapshotAt(0, 0), entries: [] });
    script.append(a, [configurationEntry(3, 1, configurationOf([a, b, c, d]))]);
  });
});

describe('leaderIsHeard', () => {
  const leading = (lastContactAtMs: number): Partial<RaftStatus> => ({
    role: 'leader', term: 1, peers: [b, c].map((id) => ({ id, state: 'replicate' as const, matchIndex: 0, nextIndex: 1, lastContactAtMs })),
  });
  const lead = (fromMs: number, toMs: number, stepMs: number, heardAtMs: (nowMs: number) => number): void => {
    const script = new Script(new LeaderIsHeard());
    for (let nowMs = fromMs; nowMs <= toMs; nowMs += stepMs) script.step(a, leading(heardAtMs(nowMs)), [], { type: 'time' }, nowMs);
  };

  test('accepts a leader that is answered, and one that could not hear anyone', () => {
    lead(0, 10_000, 100, (nowMs) => nowMs - 100);
    lead(0, 10_000, 2_000, () => 0);
  });

  test('catches one that nobody answers any more', () => {
    expect(() => lead(0, 10_000, 100, () => 0)).toThrow(/a goes on leading term 1, though in 3500 ms only a could be heard/);
  });
});
