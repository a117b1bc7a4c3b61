import type { Command } from 'commander';
import { fetchManagerStatus, meshStatus, statusSeenBy } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { CliError } from '../cli-error.ts';
import { loadContext, type Context } from '../context.ts';
import { valueOf } from '../control-plane-client.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { table } from '../output.ts';

export function addStatus(program: Command): void {
  withCommonOptions(program.command('status'))
    .description('who leads, who is alive, how far everyone is')
    .option('--manager <id>', 'as this manager alone sees it (default: all are asked, and their answers put together)')
    .action(async (options: CommonOptions & { readonly manager?: string }) => {
      const context = await loadContext(directoryOf(options));
      const status = options.manager === undefined
        ? await meshStatus({ mesh: context.mesh.mesh, managers: context.mesh.managers, token: context.operateToken })
        : await seenBy(context, options.manager);
      outputOf(options).print({ json: status, text: describe(status) });
      process.exitCode = exitCodeOf(status);
    });
}

async function seenBy(context: Context, id: string): Promise<MeshStatus> {
  const manager = context.mesh.managers.find((known) => known.id === id);
  if (manager === undefined) throw new CliError('noSuchManager', exitCodes.notFound, `Mesh ${context.mesh.mesh} has no manager ${id}.`, `mesh status --manager ${context.mesh.managers[0]?.id ?? 'm1'}`);
  return statusSeenBy(valueOf(await fetchManagerStatus(manager.url, context.mesh.mesh, context.operateToken)), context.mesh.managers);
}

const exitCodeOf = (status: MeshStatus): ExitCode => (status.leader === null ? exitCodes.noLeader : exitCodes.ok);

function describe(status: MeshStatus): string {
  const reachable = status.managers.filter((manager) => manager.role !== 'unreachable').length;
  const spare = reachable - (Math.floor(status.managers.length / 2) + 1);
  const headline = status.leader === null
    ? `No leader: ${reachable} of ${status.managers.length} managers answer.\nNext: mesh doctor   (says what is wrong, and what to do)`
    : `Healthy: leader ${status.leader}, term ${status.term}, can lose ${Math.max(spare, 0)} more manager${spare === 1 ? '' : 's'}.`;
  const managers = table(['MANAGER', 'ROLE', 'TERM', 'COMMIT', 'APPLIED', 'CONTACT', 'PID', 'URL'], status.managers.map((manager) => [
    manager.id, manager.role, shown(manager.term), shown(manager.commitIndex), shown(manager.appliedIndex), manager.lastContactMs === null ? '-' : `${manager.lastContactMs} ms`, shown(manager.pid), manager.url,
  ]));
  const agents = table(['AGENT', 'NAME', 'KIND', 'STATUS', 'LAST SEEN'], status.agents.map((agent) => [agent.id, agent.name, agent.kind, agent.status, agent.lastSeenMs === null ? '-' : `${agent.lastSeenMs} ms ago`]));
  return [headline, managers, ...(status.agents.length === 0 ? [] : [agents])].join('\n\n');
}

const shown = (value: number | null): string => (value === null ? '-' : String(value));
