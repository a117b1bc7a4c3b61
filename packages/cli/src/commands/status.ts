import type { Command } from 'commander';
import { meshStatus } from '@raft-mesh/mesh-node';
import type { MeshStatus } from '@raft-mesh/protocol';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { table } from '../output.ts';

export function addStatus(program: Command): void {
  withCommonOptions(program.command('status'))
    .description('who leads, who is alive, how far everyone is')
    .action(async (options: CommonOptions) => {
      const context = await loadContext(directoryOf(options));
      const status = await meshStatus({ mesh: context.mesh.mesh, managers: context.mesh.managers, token: context.operateToken });
      outputOf(options).print({ json: status, text: describe(status) });
      process.exitCode = exitCodeOf(status);
    });
}

const exitCodeOf = (status: MeshStatus): ExitCode => (status.leader === null ? exitCodes.noLeader : exitCodes.ok);

function describe(status: MeshStatus): string {
  const reachable = status.managers.filter((manager) => manager.role !== 'unreachable').length;
  const spare = reachable - (Math.floor(status.managers.length / 2) + 1);
  const headline = status.leader === null
    ? `No leader: ${reachable} of ${status.managers.length} managers answer.\nNext: mesh dev   (or start the missing managers: mesh manager start)`
    : `Healthy: leader ${status.leader}, term ${status.term}, can lose ${Math.max(spare, 0)} more manager${spare === 1 ? '' : 's'}.`;
  const managers = table(['MANAGER', 'ROLE', 'TERM', 'COMMIT', 'APPLIED', 'CONTACT', 'PID', 'URL'], status.managers.map((manager) => [
    manager.id, manager.role, shown(manager.term), shown(manager.commitIndex), shown(manager.appliedIndex), manager.lastContactMs === null ? '-' : `${manager.lastContactMs} ms`, shown(manager.pid), manager.url,
  ]));
  const agents = table(['AGENT', 'NAME', 'KIND', 'STATUS', 'LAST SEEN'], status.agents.map((agent) => [agent.id, agent.name, agent.kind, agent.status, agent.lastSeenMs === null ? '-' : `${agent.lastSeenMs} ms ago`]));
  return [headline, managers, ...(status.agents.length === 0 ? [] : [agents])].join('\n\n');
}

const shown = (value: number | null): string => (value === null ? '-' : String(value));
