import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AuditLog, verifyAuditLog } from '@raft-mesh/mesh-node';
import type { AuditLogOptions } from '@raft-mesh/mesh-node';

const root = mkdtempSync(path.join(tmpdir(), 'raft-mesh-audit-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
const newDirectory = () => path.join(root, String(made += 1));
const filesIn = (directory: string) => readdirSync(directory).toSorted().map((name) => path.join(directory, name));

/** A log of `count` events, one flush each. */
async function written(count: number, options: Partial<AuditLogOptions> = {}): Promise<string> {
  const directory = newDirectory();
  const log = await AuditLog.open({ directory, nowWallMs: () => 1_000_000_000_000, ...options });
  for (let number = 1; number <= count; number += 1) await log.record({ event: 'keyCreated', key: `k${number}`, number });
  await log.close();
  return directory;
}

/** The lines of a log's only file, changed. */
async function changed(change: (lines: string[]) => string[]): Promise<Awaited<ReturnType<typeof verifyAuditLog>>> {
  const directory = await written(6);
  const [file = ''] = filesIn(directory);
  const lines = change(readFileSync(file, 'utf8').trimEnd().split('\n'));
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return verifyAuditLog(directory);
}

describe('an audit log', () => {
  test('holds each event as a line of JSON, and verifies', async () => {
    const directory = await written(3);
    const [file = ''] = filesIn(directory);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ sequence, event, number }) => [sequence, event, number])).toEqual([[1, 'keyCreated', 1], [2, 'keyCreated', 2], [3, 'keyCreated', 3]]);
    expect(lines[1]).toMatchObject({ at: '2001-09-09T01:46:40.000Z', previous: lines[0]?.['hash'] });
    expect(await verifyAuditLog(directory)).toEqual({ ok: true, files: 1, entries: 3, first: 1, last: 3, lastHash: lines[2]?.['hash'] });
  });

  test('goes on where it was when it is opened again, and writes what comes at once in order', async () => {
    const directory = await written(2);
    const log = await AuditLog.open({ directory });
    await Promise.all(Array.from({ length: 50 }, (_, number) => log.record({ event: 'accessRefused', number })));
    const { end } = log;
    await log.close();
    expect(await verifyAuditLog(directory, end)).toMatchObject({ ok: true, entries: 52, last: 52 });
  });

  test('an event cannot pass itself off as another place in the chain', async () => {
    const directory = newDirectory();
    const log = await AuditLog.open({ directory });
    await log.record({ event: 'x', sequence: 9, previous: 'p', hash: 'h', at: 'never', text: '","previous":"0"}\n{"' });
    await log.close();
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: true, entries: 1, last: 1 });
  });

  test('with any one byte changed names the line that it is in', async () => {
    const directory = await written(4);
    const [file = ''] = filesIn(directory);
    const data = readFileSync(file);
    for (let at = 0; at < data.length; at += 1) {
      const other = Buffer.from(data);
      other[at] = data[at] === 0x37 ? 0x38 : 0x37;
      writeFileSync(file, other);
      const line = data.subarray(0, at).filter((byte) => byte === 10).length + 1;
      expect([at, await verifyAuditLog(directory)]).toEqual([at, { ok: false, file: path.basename(file), line, reason: expect.any(String) }]);
    }
  });

  test.each([
    ['one is taken out', (lines: string[]) => lines.toSpliced(2, 1), 3],
    ['two are swapped', ([a = '', b = '', c = '', ...rest]: string[]) => [a, c, b, ...rest], 2],
    ['one is there twice', ([a = '', b = '', ...rest]: string[]) => [a, b, b, ...rest], 3],
    ['an empty one is put in', ([a = '', ...rest]: string[]) => [a, '', ...rest], 2],
    ['the first is taken off', (lines: string[]) => lines.slice(1), 1],
  ])('names the line where %s', async (_what, change, line) => {
    expect(await changed(change)).toMatchObject({ ok: false, line });
  });

  test('cannot see by itself that its end is gone; an end that was noted shows it', async () => {
    const directory = newDirectory();
    const log = await AuditLog.open({ directory });
    for (let number = 0; number < 4; number += 1) await log.record({ event: 'x' });
    const { end } = log;
    await log.close();
    const [file = ''] = filesIn(directory);
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 3).map((line) => `${line}\n`).join(''));
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: true, last: 3 });
    expect(await verifyAuditLog(directory, end)).toMatchObject({ ok: false, reason: expect.stringContaining('number 4') });
  });

  test('that was cut short by a crash says so, and goes on', async () => {
    const directory = await written(3);
    const [file = ''] = filesIn(directory);
    const data = readFileSync(file);
    writeFileSync(file, data.subarray(0, -10));
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: false, line: 3, reason: expect.stringContaining('crash') });
    await (await AuditLog.open({ directory })).close();
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: true, entries: 3 });
    expect(readFileSync(file, 'utf8')).toContain('"event":"auditLogCutShort"');
  });

  test('goes from file to file in one chain, keeps so many, and notes what it removes; what it did not remove is missed', async () => {
    const directory = await written(40, { fileBytesMax: 700, filesMax: 4 });
    const files = filesIn(directory);
    expect(files).toHaveLength(4);
    const verified = await verifyAuditLog(directory);
    expect(verified).toMatchObject({ ok: true, files: 4 });
    expect(verified.ok && verified.first).toBeGreaterThan(1);
    for (const [at, file] of files.slice(0, 3).entries()) {
      const kept = readFileSync(file);
      rmSync(file);
      expect(await verifyAuditLog(directory)).toMatchObject({ ok: false, file: path.basename(files[at + 1] ?? ''), line: 1 });
      writeFileSync(file, kept);
    }
    const log = await AuditLog.open({ directory, fileBytesMax: 700, filesMax: 4 });
    await log.record({ event: 'x' });
    await log.close();
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: true });
  });

  test('takes no more than may wait, and says how many it dropped', async () => {
    const directory = newDirectory();
    const log = await AuditLog.open({ directory });
    await Promise.all(Array.from({ length: 10_102 }, () => log.record({ event: 'accessRefused' })));
    await log.close();
    const text = filesIn(directory).map((file) => readFileSync(file, 'utf8')).join('');
    expect(text).toMatch(/"event":"auditEventsDropped","count":10[12]/);
    expect(await verifyAuditLog(directory)).toMatchObject({ ok: true });
  });

  test('that does not exist is no good one', async () => {
    expect(await verifyAuditLog(newDirectory())).toMatchObject({ ok: false, reason: 'there is no audit log' });
  });
});
