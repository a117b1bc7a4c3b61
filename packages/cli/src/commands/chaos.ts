import type { Command } from 'commander';
import type { ChaosControl, ChaosDirectory, DiskTrouble } from '@raft-mesh/chaos/control';
import { chaosTarget, inChaosMode, knownManager, localManager, steer } from '../chaos/chaos-target.ts';
import { corruptLog } from '../chaos/corrupt-log.ts';
import { durationMs, whileItLasts } from '../chaos/duration.ts';
import { CliError } from '../cli-error.ts';
import { outputOf, withCommonOptions, type CommonOptions } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { runUntilStopped } from '../run-until-stopped.ts';
import { addChaosRun } from './chaos-run.ts';

interface LastingOptions extends CommonOptions { readonly for?: number }
type Way = 'both' | 'in' | 'out';

const ways: readonly string[] = ['both', 'in', 'out'] satisfies readonly Way[];

export function addChaos(program: Command): void {
  const chaos = program.command('chaos').description('break things on purpose').addHelpText('after', '\npartition, slow and disk-full need a mesh in chaos mode: mesh dev --chaos');
  addChaosRun(chaos);
  addProcesses(chaos);
  addLinks(chaos);
  addDisks(chaos);

  withCommonOptions(chaos.command('heal')).description('put everything right: links, disks, stopped processes').action(async (options: CommonOptions) => {
    const { directory, chaosDirectory } = await chaosTarget(options);
    const paused = await chaosDirectory.readPaused();
    for (const { pid } of paused) signal(pid, 'SIGCONT');
    if (paused.length > 0) await chaosDirectory.writePaused([]);
    if (await chaosDirectory.readControl() !== null) await steer(chaosDirectory, (control) => ({ ...control, cuts: [], delays: [], disks: {} }));
    outputOf(options).print({ json: { healed: true, resumed: paused.map(({ id }) => id) }, text: `Everything in ${directory} is put right.\nNext: mesh status` });
  });

  chaos.command('relay', { hidden: true }).requiredOption('--chaos-dir <dir>').option('--exit-with-parent').action(async (options: { readonly chaosDir: string; readonly exitWithParent?: boolean }) => {
    await runUntilStopped(options, async () => {
      const { ChaosDirectory: Directory, Relay } = await import('@raft-mesh/chaos/control');
      const chaosDirectory = new Directory(options.chaosDir);
      const relay = new Relay(chaosDirectory);
      await relay.start();
      process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
      return {
        stop: async () => {
          relay.stop();
          // Those who hang would outlive a mesh dev that was killed.
          chaosDirectory.resumePausedNow();
        },
      };
    });
  });
}

function addProcesses(chaos: Command): void {
  withCommonOptions(chaos.command('kill-leader')).description('SIGKILL the leader\'s process, if it runs on this machine').action(async (options: CommonOptions) => {
    const { status } = await chaosTarget(options);
    if (status.leader === null) throw new CliError('noLeader', exitCodes.noLeader, 'There is no leader to kill.', 'mesh status');
    const { id, pid } = localManager(status, status.leader);
    signal(pid, 'SIGKILL');
    outputOf(options).print({ json: { killed: { id, pid }, term: status.term }, text: `Killed the leader ${id} (pid ${pid}, term ${status.term}).\nNext: mesh status` });
  });

  withCommonOptions(chaos.command('kill <id>')).description('SIGKILL a manager\'s process').action(async (named: string, options: CommonOptions) => {
    const { status } = await chaosTarget(options);
    const { id, pid } = localManager(status, named);
    signal(pid, 'SIGKILL');
    outputOf(options).print({ json: { killed: { id, pid }, term: status.term }, text: `Killed ${id} (pid ${pid}). A mesh dev starts it again in some seconds.\nNext: mesh status` });
  });

  lasting(chaos.command('pause <id>')).description('SIGSTOP a manager\'s process: it hangs, and nobody is told').action(async (named: string, options: LastingOptions) => {
    const { status, chaosDirectory } = await chaosTarget(options);
    const { id, pid } = localManager(status, named);
    await chaosDirectory.writePaused([...await chaosDirectory.readPaused(), { id, pid }]);
    signal(pid, 'SIGSTOP');
    const output = outputOf(options);
    await whileItLasts(options.for, output, async () => {
      signal(pid, 'SIGCONT');
      await chaosDirectory.writePaused((await chaosDirectory.readPaused()).filter((other) => other.pid !== pid));
    });
    output.print({ json: { paused: { id, pid }, forMs: options.for ?? null }, text: options.for === undefined ? `${id} (pid ${pid}) hangs.\nNext: mesh chaos heal` : `${id} (pid ${pid}) hung for ${options.for} ms.\nNext: mesh status` });
  });
}

function addLinks(chaos: Command): void {
  lasting(chaos.command('partition <ids...>')).description('part these managers from all others')
    .option('--direction <way>', 'both; in: nothing reaches them; out: nothing leaves them', 'both')
    .action(async (named: readonly string[], options: LastingOptions & { readonly direction: string }) => {
      if (!ways.includes(options.direction)) throw new CliError('usage', exitCodes.usage, `--direction is both, in or out, not "${options.direction}".`, 'mesh chaos partition --help');
      const { control, chaosDirectory } = await inChaosMode(options);
      const inside = named.map((id) => knownManager(control, id));
      const outside = control.managers.map(({ id }) => id).filter((id) => !inside.includes(id));
      if (outside.length === 0) throw new CliError('usage', exitCodes.usage, 'Nobody is left to part them from.', 'mesh chaos partition m1');
      const cuts = inside.flatMap((here) => outside.flatMap((there) => [
        ...(options.direction === 'out' ? [] : [{ from: there, to: here }]), ...(options.direction === 'in' ? [] : [{ from: here, to: there }]),
      ]));
      await breakFor(chaosDirectory, options, (now) => ({ ...now, cuts: [...now.cuts, ...cuts] }), (now) => ({ ...now, cuts: now.cuts.filter((cut) => !cuts.some(({ from, to }) => from === cut.from && to === cut.to)) }), {
        json: { partition: inside, from: outside, direction: options.direction as Way }, text: `${inside.join(', ')} | ${outside.join(', ')}${options.direction === 'both' ? '' : ` (${options.direction})`}`,
      });
    });

  lasting(chaos.command('slow <id>')).description('slow a manager\'s links, or its disk')
    .option('--ms <ms>', 'how much later everything comes, each way; with --disk, how much longer a flush takes', durationMs, 100)
    .option('--disk', 'the disk instead of the links')
    .action(async (named: string, options: LastingOptions & { readonly ms: number; readonly disk?: boolean }) => {
      const { control, chaosDirectory } = await inChaosMode(options);
      const id = knownManager(control, named);
      if (options.disk === true) return breakDisk(chaosDirectory, options, id, { full: false, flushDelayMs: options.ms }, { json: { slowDisk: id, flushDelayMs: options.ms }, text: `Each flush of ${id} takes ${options.ms} ms longer` });
      const isOwn = (delay: { readonly from: string; readonly to: string }): boolean => delay.from === id || delay.to === id;
      const delays = control.managers.filter((other) => other.id !== id).flatMap((other) => [{ from: id, to: other.id, delayMs: options.ms }, { from: other.id, to: id, delayMs: options.ms }]);
      return breakFor(chaosDirectory, options, (now) => ({ ...now, delays: [...now.delays.filter((delay) => !isOwn(delay)), ...delays] }), (now) => ({ ...now, delays: now.delays.filter((delay) => !isOwn(delay)) }), {
        json: { slowLinks: id, delayMs: options.ms }, text: `Everything to and from ${id} comes ${options.ms} ms later`,
      });
    });
}

function addDisks(chaos: Command): void {
  lasting(chaos.command('disk-full <id>')).description('let a manager\'s disk take nothing more').action(async (named: string, options: LastingOptions) => {
    const { control, chaosDirectory } = await inChaosMode(options);
    const id = knownManager(control, named);
    await breakDisk(chaosDirectory, options, id, { full: true, flushDelayMs: 0 }, { json: { diskFull: id }, text: `The disk of ${id} is full` });
  });

  withCommonOptions(chaos.command('corrupt <id>')).description('flip a bit in what a manager has on its disk: it will not start again as it is')
    .option('--force', 'also where no majority would be left')
    .action(async (named: string, options: CommonOptions & { readonly force?: boolean }) => {
      const { status, directory } = await chaosTarget(options);
      const { id, file, offsetBytes } = await corruptLog(directory, status, named, options.force === true);
      outputOf(options).print({
        json: { corrupted: { id, file, offsetBytes } },
        text: `Flipped a bit of ${file} at byte ${offsetBytes}. ${id} finds it when it starts next, and will not vote with it.\nNext: mesh chaos kill ${id}, then mesh manager join ${id}   (it comes back as a new incarnation)`,
      });
    });
}

function lasting(command: Command): Command {
  return withCommonOptions(command).option('--for <time>', 'put it right after so long, as 500ms or 2s (default: it stays until mesh chaos heal)', durationMs);
}

function breakDisk(chaosDirectory: ChaosDirectory, options: LastingOptions, id: string, trouble: DiskTrouble, told: { readonly json: object; readonly text: string }): Promise<void> {
  return breakFor(chaosDirectory, options, (now) => ({ ...now, disks: { ...now.disks, [id]: trouble } }), ({ disks: { [id]: _ended, ...disks }, ...now }) => ({ ...now, disks }), told);
}

/** Breaks it; with `--for` also waits, and puts that alone right again. */
async function breakFor(
  chaosDirectory: ChaosDirectory, options: LastingOptions, broken: (control: ChaosControl) => ChaosControl, mended: (control: ChaosControl) => ChaosControl,
  { json, text }: { readonly json: object; readonly text: string },
): Promise<void> {
  const output = outputOf(options);
  await steer(chaosDirectory, broken);
  await whileItLasts(options.for, output, async () => { await steer(chaosDirectory, mended); });
  output.print({ json: { ...json, forMs: options.for ?? null }, text: options.for === undefined ? `${text}.\nNext: mesh chaos heal` : `${text}, for ${options.for} ms; it is put right.\nNext: mesh status` });
}

function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
