import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { initManager } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { outputOf } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { withMetricsOptions } from '../metrics-options.ts';
import { runManager, type RunManagerOptions } from '../run-manager.ts';
import { addJoin } from './join.ts';
import { addMembership } from './membership.ts';

interface InitOptions { readonly json?: boolean; readonly dataDir: string; readonly mesh: string; readonly id: string; readonly controlPlane: string; readonly keyFile: string }

export function addManager(program: Command): void {
  const manager = program.command('manager').description('managers: they hold the state and elect a leader');

  manager.command('init')
    .description('create the data directory of a manager, once, and enrol it at the control plane')
    .requiredOption('--data-dir <dir>', 'where this manager will keep its log, snapshots and key')
    .requiredOption('--mesh <id>', 'the mesh it belongs to')
    .requiredOption('--id <manager>', 'which of the mesh\'s managers it is, for example m1')
    .requiredOption('--control-plane <url>', 'where to enrol')
    .requiredOption('--key-file <file>', 'file with a key that may enrol managers (the control plane\'s admin-key)')
    .option('--json', 'print JSON')
    .action(async (options: InitOptions) => {
      const identity = await initManager({ directory: options.dataDir, controlPlane: options.controlPlane, mesh: options.mesh, manager: options.id, adminKeyFile: options.keyFile });
      outputOf(options).print({ json: identity, text: `Manager ${identity.manager} of mesh ${identity.mesh} (incarnation ${identity.incarnation}) is ready in ${options.dataDir}.\nNext: mesh manager start --data-dir ${options.dataDir}` });
    });

  addJoin(manager);
  addMembership(manager);

  withMetricsOptions(manager.command('start'))
    .description('run a manager whose data directory exists')
    .requiredOption('--data-dir <dir>', 'the directory that `mesh manager init` made')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <port>', 'port to listen at (default: the one in its URL)', Number)
    .option('--tls-cert <file>', 'speak TLS: the certificate chain (PEM), with --tls-key')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--app <name>', 'the app to run (default: the one the mesh was made with)')
    .option('--control-plane <url>', 'where to keep snapshots')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .addOption(new Option('--snapshot-upload-interval-ms <ms>', 'how often the leader sends a snapshot to the control plane').argParser(Number).hideHelp())
    .addOption(new Option('--snapshot-log-bytes <bytes>', 'take a snapshot after this many bytes of entries').argParser(Number).hideHelp())
    .addOption(new Option('--chaos-dir <dir>', 'let links and disks be broken as the control there says').hideHelp())
    .option('--exit-with-parent', 'end when standard input closes')
    .option('--json', 'print JSON')
    .action(async (options: RunManagerOptions) => {
      if (!existsSync(options.dataDir)) {
        throw new CliError('noDataDirectory', exitCodes.notFound, `${options.dataDir} holds no manager: a manager whose disk is gone may not come back under its old identity.`, 'mesh manager join   (as a new manager), or mesh manager init   (a manager that never ran), or mesh snapshot restore   (all managers are gone)');
      }
      await runManager(options);
    });
}
