import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playScript } from './run-script.ts';
import { parseScript, renderScript } from './script-file.ts';

// Golden scripts: networks, disks and clocks under command, one file for each way that a scenario goes (README.md says how to write one).
// `UPDATE_SCRIPTS=1` records their transcripts anew. Read the difference before it is committed, and commit it only when you know why
// each line of it changed: the `expect` lines hold the outcome, yet not every step on the way to it.
const isRecording = process.env['UPDATE_SCRIPTS'] === '1';
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.txt')).sort();

describe('golden scripts', () => {
  for (const file of files) {
    const recorded = readFileSync(join(folder, file), 'utf8');
    const [title = ''] = recorded.split('\n');
    test(`${title} (${file})`, () => {
      expect(Number.parseInt(file, 10)).toBe(Number.parseInt(title, 10));
      const { script, failures } = playScript(parseScript(recorded));
      const played = renderScript(script);
      if (isRecording) {
        if (played !== recorded) writeFileSync(join(folder, file), played);
      } else if (failures.length === 0) expect(played).toBe(recorded);
      if (failures.length > 0) throw new Error(`${file}, ${failures.join('\n')}`);
    });
  }
});
