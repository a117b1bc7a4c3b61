import { describe, expect, test } from '@jest/globals';
import { everyCharacter, replayRecord, verifyRecord } from '@raft-mesh/mafia';
import type { GameRecord, MafiaState } from '@raft-mesh/mafia';
import type { JsonValue, RandomSource } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { chainedAnew, playRecorded } from './recorded-game.ts';
import { seededRandom } from './table.ts';

type Ended = Extract<MafiaState, { phase: 'ended' }>;

const anySeed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const anySize = fc.oneof(fc.integer({ min: 5, max: 14 }), fc.constant(everyCharacter.length + 1));

/** Another value in place of one somewhere inside. */
function changedSomewhere(value: JsonValue, random: RandomSource): JsonValue {
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    if (items.length === 0) return ['p1'];
    const place = random.integerBelow(items.length + 1);
    // One is left out, or changed.
    return place === items.length ? items.slice(1) : items.map((item, at) => (at === place ? changedSomewhere(item, random) : item));
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    const key = keys[random.integerBelow(Math.max(1, keys.length))];
    return key === undefined ? { more: 1 } : { ...(value as Record<string, JsonValue>), [key]: changedSomewhere((value as Record<string, JsonValue>)[key] ?? null, random) };
  }
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return value === null ? 'p1' : `${value}x`;
}

describe('random games', () => {
  test('are verified by their records and every head that was seen, and replayed to the state they ended in', () => {
    const kinds = new Set<string>();
    fc.assert(fc.property(anySeed, anySize, fc.boolean(), (seed, players, commits) => {
      const { record, heads, table } = playRecorded(seed, players, commits);
      const ended = table.state as Ended;
      const result = verifyRecord(record, heads);
      if (!result.verified) expect(result).toBe('verified');
      expect(result).toMatchObject({ winner: ended.winner, headsFound: heads.length, leftOut: ended.proof?.leftOut, contributors: ended.proof?.contributors });
      expect(heads.map(({ entries }) => entries)).toEqual(expect.arrayContaining([0, record.entries.length]));
      const { steps, problem } = replayRecord(record);
      expect(problem).toBeNull();
      const last = steps.at(-1);
      expect(last).toMatchObject({ phase: 'ended', winner: ended.winner, players: ended.players.map(({ id, character, died }) => ({ id, character, died })) });
      expect(steps.flatMap(({ entry }) => ('events' in entry ? entry.events : []))).toEqual(ended.events);
      for (const { kind, ...entry } of record.entries) kinds.add('endedBy' in entry ? `${kind} by ${entry.endedBy}` : kind);
    }), { numRuns: 40, seed: 50 });
    expect([...kinds].toSorted()).toEqual(['ballot by majority', 'ballot by time', 'dealt', 'extended', 'night', 'revealed', 'sealed']);
  });

  test('are not verified by a record in which anything at all was changed: the entry is named', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 9 }), (seed, players) => {
      const { record } = playRecorded(seed, players);
      const random = seededRandom(seed);
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const number = 1 + random.integerBelow(record.entries.length);
        const entries = record.entries.map((entry) => (entry.number === number ? changedSomewhere(entry as unknown as JsonValue, random) : entry));
        expect(verifyRecord({ ...record, entries })).toMatchObject({ verified: false, entry: number });
      }
    }), { numRuns: 15, seed: 51 });
  });

  test('are not verified by a record that was rewritten with the secret, chain and all, once a page has kept its heads', () => {
    fc.assert(fc.property(anySeed, fc.integer({ min: 5, max: 9 }), (seed, players) => {
      const { record, heads } = playRecorded(seed, players);
      const random = seededRandom(seed);
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const number = 1 + random.integerBelow(record.entries.length);
        const entries = record.entries.map((entry) => (entry.number === number ? changedSomewhere(entry as unknown as JsonValue, random) : entry));
        let rewritten: GameRecord;
        // The chain is made of the entry; what is no entry any more cannot be chained.
        try { rewritten = chainedAnew({ ...record, entries } as GameRecord); } catch { continue; }
        if (JSON.stringify(rewritten) === JSON.stringify(record)) continue;
        const result = verifyRecord(rewritten, heads);
        // Where nobody commits, what is fixed and what is dealt come at once, so that there is one head for both.
        const first = heads.some(({ entries }) => entries === number - 1) ? number : number - 1;
        expect(result).toMatchObject({ verified: false, entry: first });
        if (!result.verified) expect(result.through).toBeGreaterThanOrEqual(number);
      }
    }), { numRuns: 15, seed: 52 });
  });

  test('are never thrown at: whatever is no record is said to be none', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => { expect(verifyRecord(value)).toMatchObject({ verified: false, code: 'notARecord' }); }), { numRuns: 200, seed: 53 });
  });
});
