import type { Command } from 'commander';
import type { AgentSummary, control } from '@raft-mesh/protocol';
import { directoryOf, outputOf, withCommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { controlPlaneOf, withControlPlaneOptions, type ControlPlaneAccessOptions } from '../control-plane-access.ts';
import { valueOf } from '../control-plane-client.ts';
import { table } from '../output.ts';

interface AgentOptions extends ControlPlaneAccessOptions { readonly mesh?: string }

export function addAgent(program: Command): void {
  const agent = program.command('agent').description('agents: who is in the mesh');
  const command = (usage: string) => withControlPlaneOptions(withCommonOptions(agent.command(usage))).option('--mesh <id>', 'the mesh (default: that of the mesh dev here)');

  command('list').description('everyone in the mesh, with their status').action(async (options: AgentOptions) => {
    const client = await controlPlaneOf(options);
    const mesh = await meshOf(options);
    const agents: AgentSummary[] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.AgentList = valueOf(await client.listAgents(mesh, { limit: 1_000, cursor }));
      agents.push(...page.agents);
      if (page.next === null) break;
      cursor = page.next;
    }
    outputOf(options).print({ json: agents, text: agents.length === 0 ? `Nobody is in mesh ${mesh} yet.` : listed(agents) });
  });

  command('show <agent>').description('one agent, by its id').action(async (id: string, options: AgentOptions) => {
    const found = valueOf(await (await controlPlaneOf(options)).agent(await meshOf(options), id));
    outputOf(options).print({ json: found, text: listed([found]) });
  });

  command('kick <agent>').description('shut an agent out of the mesh, for good').action(async (id: string, options: AgentOptions) => {
    const mesh = await meshOf(options);
    valueOf(await (await controlPlaneOf(options)).terminateAgent(mesh, id));
    outputOf(options).print({ json: { mesh, kicked: id }, text: `${id} is shut out of mesh ${mesh}.\nNext: mesh agent list` });
  });
}

async function meshOf(options: AgentOptions): Promise<string> {
  return options.mesh ?? (await loadContext(directoryOf(options))).mesh.mesh;
}

function listed(agents: readonly AgentSummary[]): string {
  return table(['AGENT', 'NAME', 'KIND', 'STATUS', 'LAST SEEN'], agents.map(({ id, name, kind, status, lastSeenMs }) => [id, name, kind, status, lastSeenMs === null ? '-' : `${lastSeenMs} ms ago`]));
}
