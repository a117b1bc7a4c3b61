import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryOperation } from '@raft-mesh/simulator';
import { HistoryWriter, readHistory } from '../src/history/history-file.ts';

describe('A history file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'raft-mesh-history-'));
    path = join(directory, 'history.jsonl');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const all = async (): Promise<readonly HistoryOperation[]> => {
    const found: HistoryOperation[] = [];
    for await (const operation of readHistory(path)) found.push(operation);
    return found;
  };

  test('holds an operation a line, with exactly the fields of the format', async () => {
    const history = await HistoryWriter.create(path);
    let acknowledgements = 0;
    history.onAcknowledged = () => { acknowledgements += 1; };
    const asked = { client: 'c', op: 'put', key: 'k', in: { value: 1 } } as const;
    const open = history.begin({ ...asked, key: 'never' });
    history.begin(asked).ok({ version: 7 });
    history.begin({ client: 'c', op: 'get', key: 'k', in: {} }).refused();
    await history.close();
    open.ok({ version: 9 });
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as HistoryOperation);
    expect(lines.map((line) => Object.keys(line))).toEqual(lines.map(() => ['client', 'op', 'key', 'in', 'out', 'start', 'end', 'outcome']));
    expect(lines).toMatchObject([
      { ...asked, out: { version: 7 }, outcome: 'ok' }, { op: 'get', out: null, outcome: 'refused' }, { key: 'never', out: null, end: null, outcome: 'unknown' },
    ]);
    for (const { start, end } of lines.slice(0, 2)) {
      expect(Number.isSafeInteger(start)).toBe(true);
      expect(end).toBeGreaterThanOrEqual(start);
    }
    expect(await all()).toEqual(lines);
    expect(history.operations).toBe(3);
    expect(acknowledgements).toBe(2);
  });

  test('is refused, by line, where it is none', async () => {
    const good = '{"client":"c","op":"get","key":"k","in":{},"out":null,"start":1,"end":2,"outcome":"refused"}';
    for (const bad of ['', 'no json', '[]', good.replace('"get"', '"take"'), good.replace('"refused"', '"fine"'), good.replace('1', '1.5'), good.replace('"key":"k",', '')]) {
      await writeFile(path, `${good}\n${bad}\n`);
      await expect(all()).rejects.toThrow(/history\.jsonl, line 2: this is no operation/);
    }
  });

  test('is read in parts by whoever asks for some lines only', async () => {
    const history = await HistoryWriter.create(path);
    for (let number = 0; number < 2_000; number += 1) history.begin({ client: 'c', op: 'put', key: `k${number % 3}`, in: { value: number } }).ok({ version: number + 1 });
    await history.close();
    let count = 0;
    for await (const { key } of readHistory(path, (line) => line.includes('"key":"k1"'))) {
      expect(key).toBe('k1');
      count += 1;
    }
    expect(count).toBe(667);
  });
});
