import { expect, test } from '@jest/globals';
import type { Entry } from '@raft-mesh/raft';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr';
import { decodeOperations, encodeOperations, type LogOperation } from '../src/log/operation.ts';
import { readCommands } from '../src/log/read-commands.ts';
import { configuration } from './manager-fixture.ts';

// Goal: the short way of reading a batch gives what the library gives, or nothing; for bytes that nobody wrote, too.

const whole = fc.oneof(fc.nat(), fc.nat({ max: 200 }), fc.maxSafeNat());
const commandEntry = fc.record({ kind: fc.constant('command' as const), term: whole, index: whole, logTimeMs: whole, data: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 300, maxLength: 400 })) });
const operation: fc.Arbitrary<LogOperation> = fc.oneof(
  { weight: 8, arbitrary: commandEntry.map((entry): LogOperation => ({ kind: 'entry', entry })) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hardState' as const), hardState: fc.record({ term: whole, votedFor: fc.constant(null) }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('entry' as const), entry: fc.record({ kind: fc.constant('configuration' as const), term: whole, index: whole, logTimeMs: whole, configuration: fc.constant(configuration) }) }) },
);

const plain = (operations: readonly LogOperation[]): unknown => JSON.parse(JSON.stringify(operations));

test('a batch of commands alone is read the short way, and gives what was written', () => {
  fc.assert(fc.property(fc.array(commandEntry, { maxLength: 40 }), (entries: readonly Entry[]) => {
    expect(readCommands(encodeOperations(entries.map((entry) => ({ kind: 'entry', entry }))))).toEqual(entries);
  }));
});

test('any batch gives what was written', () => {
  fc.assert(fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
    expect(plain(decodeOperations(encodeOperations(operations)))).toEqual(plain(operations));
  }));
});

test('bytes that are no batch are never read the short way as anything but what the library reads', () => {
  const packr = new Packr({ useRecords: false, mapsAsObjects: true });
  let read = 0;
  fc.assert(fc.property(fc.array(commandEntry, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat({ max: 255 }), (entries, at, byte) => {
    const bytes = Uint8Array.from(encodeOperations(entries.map((entry) => ({ kind: 'entry', entry }))));
    bytes[at % bytes.length] = byte;
    const commands = readCommands(bytes);
    if (commands === null) return;
    read += 1;
    const tuples = packr.unpack(bytes) as readonly (readonly unknown[])[];
    expect(commands.map(({ term, index, logTimeMs }) => [4, term, index, logTimeMs])).toEqual(tuples.map((tuple) => tuple.slice(0, 4)));
    commands.forEach((entry, position) => {
      const data: unknown = tuples[position]?.[4];
      expect(entry.kind === 'command' && data instanceof Uint8Array && Buffer.compare(entry.data, data)).toBe(0);
    });
  }), { numRuns: 2000 });
  expect(read).toBeGreaterThan(100);
});
