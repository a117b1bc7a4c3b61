import { networkInterfaces } from 'node:os';
import type { Command } from 'commander';
import { meshStatus } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { directoryOf, outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { loadContext } from '../context.ts';
import { addChaosRun } from './chaos-run.ts';
import { exitCodes } from '../exit-codes.ts';

export function addChaos(program: Command): void {
  const chaos = program.command('chaos').description('break things on purpose');
  addChaosRun(chaos);
  withCommonOptions(chaos.command('kill-leader')).description('SIGKILL the leader\'s process, if it runs on this machine').action(async (options: CommonOptions) => {
    const context = await loadContext(directoryOf(options));
    const status = await meshStatus({ mesh: context.mesh.mesh, managers: context.mesh.managers, token: context.operateToken });
    const leader = status.managers.find((manager) => manager.id === status.leader);
    if (leader === undefined || leader.pid === null) throw new CliError('noLeader', exitCodes.noLeader, 'There is no leader to kill.', 'mesh status');
    if (!isThisMachine(new URL(leader.url).hostname)) throw new CliError('notHere', exitCodes.notAllowed, `The leader ${leader.id} does not run on this machine (${leader.url}).`, 'run this command there');
    process.kill(leader.pid, 'SIGKILL');
    outputOf(options).print({ json: { killed: { id: leader.id, pid: leader.pid }, term: status.term }, text: `Killed the leader ${leader.id} (pid ${leader.pid}, term ${status.term}).\nNext: mesh status` });
  });
}

function isThisMachine(hostname: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).map(({ address }) => address);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || own.includes(hostname);
}
