import { describe, expect, test } from '@jest/globals';
import type { Message, NodeId, RaftStatus } from '@raft-mesh/raft';
import { ProgressIsTrue } from '../../src/checkers/progress-is-true.ts';
import { a, b, command, Script, snapshotAt } from './script.ts';

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
