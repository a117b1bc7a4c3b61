import { expect, test } from '@jest/globals';
import { decodeRecord, encodeRecord } from '@raft-mesh/protocol';
import type { LogRecord } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { logRecord } from '../src/record.ts';
import { arbitraryOf } from './arbitrary.ts';

test('records come back as they were, as copies in both directions', () => {
  fc.assert(fc.property(arbitraryOf(logRecord) as fc.Arbitrary<LogRecord>, (record) => {
    const bytes = encodeRecord(record);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
    const decoded = decodeRecord(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(record);
  }));
});

test('the bytes of a record stay what they are on disks', () => {
  const record = { kind: 'runtime', module: 'members', command: 'mark', arguments: { agent: 'a1', status: 'dead' } } as const;
  expect(Buffer.from(encodeRecord(record)).toString('hex')).toBe('94a772756e74696d65a76d656d62657273a46d61726b82a56167656e74a26131a6737461747573a464656164');
});
