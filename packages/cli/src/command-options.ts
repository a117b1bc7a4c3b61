import type { Command } from 'commander';
import { dataDirectory } from './context.ts';
import { Output } from './output.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
}

export function withCommonOptions(command: Command): Command {
  return command.option('--json', 'print JSON: one value, or one per line when it follows').option('--data-dir <dir>', 'where `mesh dev` keeps its state (default .mesh, or MESH_DATA_DIR)');
}

export const outputOf = (options: CommonOptions): Output => new Output(options.json === true);
export const directoryOf = (options: CommonOptions): string => dataDirectory(options.dataDir);
