import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { managerFiles, verifyAuditLog, type AuditVerification, type ChainEnd } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { layout } from '../dev/layout.ts';
import { exitCodes } from '../exit-codes.ts';

interface VerifyOptions extends CommonOptions { readonly includes?: string }
type Found = AuditVerification & { readonly directory: string };

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('audit logs: who was let in, who was refused, what was handed out');
  withCommonOptions(audit.command('verify [dirs...]'))
    .description('check that nothing in these logs was changed, left out or put in (default: all of the mesh dev here); exit code 8 names the first bad line')
    .option('--includes <sequence:hash>', 'an end of the chain that was noted earlier: it must be there, or lines were taken off')
    .action(async (directories: string[], options: VerifyOptions) => {
      const places = directories.length > 0 ? directories.map((directory) => (existsSync(join(directory, managerFiles.audit)) ? join(directory, managerFiles.audit) : directory)) : logsHere(directoryOf(options));
      if (places.length === 0) throw new CliError('noAuditLog', exitCodes.notFound, `There is no audit log in ${directoryOf(options)}.`, 'mesh audit verify <directory of a control plane or manager>');
      const found: Found[] = [];
      for (const directory of places) found.push({ ...await verifyAuditLog(directory, chainEnd(options.includes)), directory });
      outputOf(options).print({ json: found, text: found.map(described).join('\n') });
      if (found.some(({ ok }) => !ok)) process.exitCode = exitCodes.verificationFailed;
    });
}

/** Those of the control plane and of every manager that has a directory here, also of earlier incarnations. */
function logsHere(directory: string): readonly string[] {
  const managers = layout.manager(directory, '');
  const owners = [layout.controlPlane(directory), ...(existsSync(managers) ? readdirSync(managers).map((name) => join(managers, name)) : [])];
  return owners.map((owner) => join(owner, managerFiles.audit)).filter((place) => existsSync(place));
}

function chainEnd(text: string | undefined): ChainEnd | null {
  if (text === undefined) return null;
  const [, sequence, hash] = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) throw new CliError('badChainEnd', exitCodes.usage, `"${text}" is no end of a chain.`, 'mesh audit verify --includes <last>:<lastHash>   (as an earlier mesh audit verify --json gave them)');
  return { sequence: Number(sequence), hash };
}

function described(result: Found): string {
  return result.ok
    ? `${result.directory}: good, ${result.entries} entries (${result.first} to ${result.last}) in ${result.files} file${result.files === 1 ? '' : 's'}. Its end: ${result.last}:${result.lastHash}`
    : `${result.directory}: BAD at ${result.file}, line ${result.line}: ${result.reason}.\nNext: look at that line and what is before it; compare with a copy or an end of the chain noted earlier`;
}
