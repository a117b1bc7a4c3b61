import type { Command } from 'commander';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../output.ts';

export function addDoctor(program: Command): void {
  withCommonOptions(program.command('doctor'))
    .description('looks for what is likely to be wrong, and says what to do')
    .option('--key-file <file>', 'look with this key (default: the admin key of the mesh dev here)')
    .action(async (options: CommonOptions & { readonly keyFile?: string }) => {
      const findings = await diagnose({ directory: directoryOf(options), ...(options.keyFile === undefined ? {} : { keyFile: options.keyFile }) });
      outputOf(options).print({
        json: { findings },
        text: findings.length === 0 ? 'Nothing is wrong that mesh doctor knows of.' : table(['FINDING', 'WHAT', 'WHAT TO DO'], findings.map(({ code, severity, what, fix }) => [`${severity === 'problem' ? '!' : '~'} ${code}`, what, fix])),
      });
      process.exitCode = findings.some(({ severity }) => severity === 'problem') ? exitCodes.failed : exitCodes.ok;
    });
}
