import { describe, expect, test } from '@jest/globals';
import { addCommands } from '@raft-mesh/mafia/cli';
import type { AppCliTools } from '@raft-mesh/mafia/cli';
import { Command } from 'commander';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeWorker } from './fake-worker.ts';
import { playRecorded, withEntry } from './recorded-game.ts';
import { agent, Table } from './table.ts';

/** Runs `mesh game …` against a table; gives what it printed, or the error it ended with. */
async function game(table: Table, ...args: string[]): Promise<{ readonly printed?: { readonly json: unknown; readonly text: string }; readonly failed?: { readonly code: string; readonly exitCode: number } }> {
  const program = new Command().exitOverride();
  let outcome = {};
  const tools: AppCliTools = {
    withWorker: (use) => use(new FakeWorker(table, agent('p1'))),
    print: (value) => { outcome = { printed: value }; },
    fail: (error) => { outcome = { failed: error }; throw new Error(error.message); },
  };
  addCommands(program, tools);
  await program.parseAsync(['game', ...args], { from: 'user' }).catch(() => undefined);
  return outcome;
}

describe('mesh game', () => {
  test('status tells the phase, the time left and who is at the table', async () => {
    const { printed } = await game(Table.playing(6), 'status', '--json');
    expect(printed?.json).toMatchObject({ game: 1, phase: 'night', round: 1, leftMs: 45_000, winner: null, stale: false });
    expect(printed?.text).toContain('night 1');
    expect((await game(Table.seating(3), 'status')).printed?.text).toContain('mesh game start');
  });

  test('start starts, with options', async () => {
    const table = Table.seating(5);
    expect((await game(table, 'start', '--night-ms', '5000')).printed?.json).toMatchObject({ started: true, players: 5 });
    expect(table.state).toMatchObject({ phase: 'night', options: { nightMs: 5_000, dayMs: 120_000 } });
  });

  test('what does not work has a code, an exit code and a next step', async () => {
    expect((await game(Table.seating(2), 'start')).failed).toMatchObject({ code: 'tooFewPlayers', exitCode: 7, next: 'mesh bot add -n 5' });
    expect((await game(Table.playing(5), 'start')).failed).toMatchObject({ code: 'alreadyStarted', exitCode: 7 });
    expect((await game(Table.seating(5), 'start', '--night-ms', 'soon')).failed).toMatchObject({ code: 'badOption', exitCode: 2 });
  });

  test('simulate needs no mesh, plays the same games for the same seed, and prints what was asked for', async () => {
    const flags = ['simulate', '--players', '7', '--mafia', '2', '--roles', 'vanilla', '--first', 'day', '--strategy', 'uniform', '--ties', 'random', '--games', '200', '--seed', '3', '--json'];
    const { printed } = await game(Table.seating(1), ...flags);
    expect(Object.keys(printed?.json ?? {})).toEqual(['games', 'mafiaWins', 'townWins', 'mafiaWinRate', 'standardError', 'meanDays']);
    expect(printed?.json).toMatchObject({ games: 200 });
    expect((await game(Table.seating(1), ...flags)).printed).toEqual(printed);
    expect((await game(Table.seating(1), 'simulate', '--roles', 'standard', '--players', '8', '--strategy', 'cautious', '--ties', 'none', '--games', '5')).printed?.json).toMatchObject({ games: 5 });
  });

  test.each([['--players', '31'], ['--players', '2'], ['--mafia', '6'], ['--mafia', '0'], ['--games', '0'], ['--games', '1e3'], ['--ties', 'some'], ['--strategy', 'toString'], ['--seed', '-1'], ['--first', 'dusk']])('simulate %s %s: says what is wrong', async (name, value) => {
    expect((await game(Table.seating(1), 'simulate', name, value)).failed).toMatchObject({ code: 'badOption', exitCode: 2 });
  });

  test('record, verify and replay: from the mesh, and from a file; what is forged ends with 8 and names the entry', async () => {
    const { table, record, heads } = playRecorded(9, 9);
    const directory = mkdtempSync(join(tmpdir(), 'mafia-record-'));
    const [file, forged] = [join(directory, 'game.json'), join(directory, 'forged.json')];
    try {
      expect((await game(table, 'record', '--out', file)).printed?.text).toContain(`mesh game verify ${file}`);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(record);
      const kept = heads.flatMap(({ entries, head }) => ['--head', `${entries}:${head}`]);
      for (const from of [[], [file]]) {
        expect((await game(table, 'verify', ...from, ...kept, '--json')).printed?.json).toMatchObject({ verified: true, headsFound: heads.length });
        const { printed } = await game(table, 'replay', ...from);
        expect(printed?.json).toMatchObject({ game: 1, problem: null });
        expect(printed?.text).toContain('The deal');
      }
      expect(process.exitCode).toBeUndefined();
      writeFileSync(forged, JSON.stringify(withEntry(record, 4, ({ atMs }: { atMs: number }) => ({ atMs: atMs + 1 }))));
      const { printed } = await game(table, 'verify', forged);
      expect(printed?.json).toMatchObject({ verified: false, entry: 4 });
      expect(printed?.text).toContain('entry 4');
      expect(process.exitCode).toBe(8);
      expect((await game(table, 'status')).printed?.text).toContain(`${record.entries.length}:${heads.at(-1)?.head ?? ''}`);
      writeFileSync(forged, 'forged');
      expect((await game(table, 'verify', forged)).failed).toMatchObject({ code: 'notARecord', exitCode: 8 });
      expect((await game(table, 'verify', join(directory, 'none.json'))).failed).toMatchObject({ code: 'noFile', exitCode: 3 });
      const [mine] = record.entries[1]?.kind === 'dealt' ? record.entries[1].contributions : [];
      expect((await game(table, 'verify', '--contribution', `${mine?.by ?? ''}:${mine?.nonce ?? ''}`, '--json')).printed?.json).toMatchObject({ verified: true, isMineInDeal: true });
      expect((await game(table, 'verify', '--contribution', `${mine?.by ?? ''}:${'7'.repeat(64)}`)).printed).toMatchObject({ json: { code: 'notMyContribution', entry: 1 } });
      expect((await game(table, 'verify', '--contribution', 'x')).failed).toMatchObject({ code: 'badContribution', exitCode: 2 });
      expect((await game(table, 'verify', '--head', 'x')).failed).toMatchObject({ code: 'badHead', exitCode: 2 });
      expect((await game(Table.playing(5), 'verify')).failed).toMatchObject({ code: 'noRecord', exitCode: 3 });
    } finally {
      process.exitCode = undefined;
      rmSync(directory, { recursive: true });
    }
  });
});
