import { describe, expect, test } from '@jest/globals';
import type { Effect } from '@raft-mesh/raft';
import { answerStopped } from '../src/stopping.ts';
import { id } from './harness/fixtures.ts';

const stopped = { code: 'stopped' } as const;

describe('a step that must not happen', () => {
  test('has its answers taken back as stopped, and everything else dropped', () => {
    const begun: readonly Effect[] = [
      { type: 'write', writeId: 1, hardState: null, truncateFrom: null, entries: [] },
      { type: 'readReady', readId: 1, index: 4 },
      { type: 'readRefused', readId: 2, reason: { code: 'leadershipLost' } },
      { type: 'changeDone', changeId: 3, index: 4 },
      { type: 'transferDone', transferId: 4, leader: id('b') },
      { type: 'roleChanged', role: 'leader', term: 1, leader: id('a') },
    ];
    expect(answerStopped(begun, { type: 'time' })).toEqual([
      { type: 'readRefused', readId: 1, reason: stopped },
      { type: 'readRefused', readId: 2, reason: stopped },
      { type: 'changeRefused', changeId: 3, reason: stopped },
      { type: 'transferRefused', transferId: 4, reason: stopped },
    ]);
  });

  test('what it asked itself is answered elsewhere', () => {
    expect(answerStopped([{ type: 'readReady', readId: 1, index: 4 }, { type: 'readReady', readId: 2, index: 4 }], { type: 'read', readId: 2 })).toEqual([{ type: 'readRefused', readId: 1, reason: stopped }]);
    expect(answerStopped([{ type: 'transferDone', transferId: 4, leader: id('b') }], { type: 'transferLeadership', transferId: 4, to: null })).toEqual([]);
    expect(answerStopped([{ type: 'changeDone', changeId: 4, index: 1 }], { type: 'changeConfiguration', changeId: 4, basedOn: 0, voters: [], learners: [] })).toEqual([]);
  });
});
