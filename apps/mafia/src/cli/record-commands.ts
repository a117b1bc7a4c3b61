import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { AppCliTools } from './index.ts';
import { GameCommandError } from './game.ts';
import type { GameSummary } from './game.ts';
import { recordFrom } from './record-source.ts';
import { replayed } from './replay.ts';
import { contributionFrom, headFrom, verified } from './verify.ts';

type Tools = Pick<AppCliTools, 'withWorker'>;
type Answer = (make: () => Promise<GameSummary>) => Promise<void>;

interface Flags {
  readonly game?: string;
}

function gameNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,9}$/u.test(text)) throw new GameCommandError('badOption', 2, `--game must be the number of a game, not "${text}".`, 'mesh game status');
  return Number(text);
}

/** The record in a file, else the one that the mesh has. */
function sourced(tools: Tools, file: string | undefined, flags: Flags): Promise<unknown> {
  const game = gameNumber(flags.game);
  return file === undefined ? tools.withWorker((worker) => recordFrom({ kind: 'mesh', worker, game })) : recordFrom({ kind: 'file', file });
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** Adds `mesh game record`, `verify` and `replay`. */
export function addRecordCommands(game: Command, tools: Tools, answer: Answer): void {
  const command = (name: string, description: string): Command => game.command(name).description(description).option('--json', 'one JSON value')
    .option('--data-dir <dir>', 'where the mesh keeps its files').option('--app <app>', 'the app').option('--game <number>', 'which game of this mesh (default: the last that has ended)');
  command('record', 'the record of a game that has ended: all that anyone needs to check it').option('--out <file>', 'write it there')
    .action((flags: Flags & { readonly out?: string }) => answer(async () => {
      const record = await sourced(tools, undefined, flags);
      const text = JSON.stringify(record);
      if (flags.out === undefined) return { json: record, text };
      await writeFile(flags.out, `${text}\n`);
      return { json: { file: flags.out }, text: `The record is in ${flags.out}.\nNext: mesh game verify ${flags.out}` };
    }));
  command('verify [file]', 'check by a record (in a file, or the mesh\'s own) that deal, nights, votes and winner were fair; exit code 8 names the first bad entry')
    .option('--head <number:head>', 'a head that you saw during the game, as mesh game status and the page show it; may be given again', collect, [])
    .option('--contribution <agent:digits>', 'what your page contributed to the deal, as it shows it after the game')
    .action((file: string | undefined, flags: Flags & { readonly head: readonly string[]; readonly contribution?: string }) => answer(async () => {
      const heads = flags.head.map(headFrom);
      const mine = flags.contribution === undefined ? null : contributionFrom(flags.contribution);
      return verified(await sourced(tools, file, flags), heads, mine);
    }));
  command('replay [file]', 'every night and day of a game that has ended, with everything open')
    .action((file: string | undefined, flags: Flags) => answer(async () => replayed(await sourced(tools, file, flags))));
}
