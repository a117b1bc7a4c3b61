import { Option, type Command } from 'commander';
import { durationMs } from '../chaos/duration.ts';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions } from '../command-options.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { exitCodeOf } from '../doctor/finding.ts';
import { report } from '../doctor/report.ts';
import { exitCodes } from '../exit-codes.ts';
import { withAccessOptions, type AccessOptions } from '../mesh-access.ts';

const snapshotAgeDefaultMs = 10 * 60_000;

export function addDoctor(program: Command): void {
  withAccessOptions(withCommonOptions(program.command('doctor')))
    .description('looks for what is likely to be wrong, and says what to do. It changes nothing')
    .addOption(new Option('--snapshot-age <time>', 'warn when the last kept snapshot is older, as 30s or 10m').argParser(durationMs).default(snapshotAgeDefaultMs, '10m'))
    .addHelpText('after', '\nExit codes: 0 nothing is wrong, or only warnings; else that of the gravest problem: 5 no leader or no quorum, 8 damaged, 4 key or token refused, 7 port or directory is another\'s, 1 any other')
    .action(async (options: AccessOptions & { readonly snapshotAge: number }) => {
      const { controlPlane, mesh, keyFile } = options;
      if (controlPlane !== undefined && (mesh === undefined || keyFile === undefined)) throw new CliError('accessIncomplete', exitCodes.usage, '--control-plane says where, but not which mesh, or with which key.', 'add --mesh <id> --key-file <file>');
      const diagnosis = await diagnose({
        directory: directoryOf(options), snapshotAgeMsMax: options.snapshotAge,
        ...(controlPlane !== undefined && mesh !== undefined && keyFile !== undefined ? { remote: { controlPlane, mesh, keyFile } } : keyFile === undefined ? {} : { keyFile }),
      });
      outputOf(options).print({ json: diagnosis, text: report(diagnosis) });
      process.exitCode = exitCodeOf(diagnosis.findings);
    });
}
