import type { Command } from 'commander';
import { createLogger } from '@raft-mesh/mesh-node';
import { CliError } from '../cli-error.ts';
import { outputOf } from '../command-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { pageDirectoryOf } from '../app-entries.ts';
import { metricsPortOf, withMetricsOptions, type MetricsOptions } from '../metrics-options.ts';
import { runUntilStopped } from '../run-until-stopped.ts';

interface StartOptions extends MetricsOptions { readonly json?: boolean; readonly dataDir: string; readonly host: string; readonly port: number; readonly publicUrl?: string; readonly app?: string; readonly firestoreProject?: string; readonly logLevel: string; readonly exitWithParent?: boolean; readonly tlsCert?: string; readonly tlsKey?: string; readonly allowOrigin?: string[]; readonly trustedProxies: number; readonly rateLimit: number; readonly signInProject?: string; readonly signInApiKey?: string; readonly production?: boolean }

export function addControlPlane(program: Command): void {
  const controlPlane = program.command('control-plane').description('the control plane: makes meshes, hands out tokens, keeps snapshots, serves the page');
  withMetricsOptions(controlPlane.command('start'))
    .description('run a control plane')
    .requiredOption('--data-dir <dir>', 'where it keeps its keys and, without Firestore, everything else')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <port>', 'port to listen at', Number, 7070)
    .option('--public-url <url>', 'how others reach it')
    .option('--app <name>', 'serve the page of this app')
    .option('--firestore-project <id>', 'keep state in Firestore (credentials as usual for Google Cloud, or FIRESTORE_EMULATOR_HOST)')
    .option('--tls-cert <file>', 'speak TLS: the certificate chain (PEM), with --tls-key')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--allow-origin <origin...>', 'other pages that may use the API, as https://host:port')
    .option('--trusted-proxies <n>', 'how many proxies of your own stand before it and add to X-Forwarded-For', Number, 0)
    .option('--rate-limit <n>', 'requests a minute, for each address and for each key', Number, 6_000)
    .option('--sign-in-project <id>', 'players sign in with this Firebase project (they come by invitation otherwise)')
    .option('--sign-in-api-key <key>', 'the project\'s web API key, which is public: the page signs players in with it')
    .option('--production', 'refuse to start with an emulator\'s variable set (also with NODE_ENV=production)')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--exit-with-parent', 'end when standard input closes')
    .option('--json', 'print JSON')
    .action(async (options: StartOptions) => {
      await runUntilStopped(options, async () => {
        const { tlsCert, tlsKey, rateLimit } = options;
        if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new CliError('tlsIncomplete', exitCodes.usage, 'TLS needs a certificate and its key.', 'add --tls-cert <file> --tls-key <file>');
        const pageDirectory = options.app === undefined ? null : await pageDirectoryOf(options.app);
        const metrics = await metricsPortOf(options);
        // No other command pays for loading it.
        const { startControlPlane } = await import('@raft-mesh/control-plane');
        const started = await startControlPlane({
          ...(metrics === null ? {} : { metrics }),
          directory: options.dataDir, host: options.host, port: options.port, logger: createLogger({ level: options.logLevel, name: 'control-plane' }),
          trustedProxies: options.trustedProxies, rateLimits: { perAddress: rateLimit, perKey: rateLimit }, ...(options.production === true ? { isProduction: true } : {}),
          ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { certificateFile: tlsCert, keyFile: tlsKey } }),
          ...(options.allowOrigin === undefined ? {} : { allowedOrigins: options.allowOrigin }), ...(options.signInProject === undefined ? {} : { playerSignIn: { projectId: options.signInProject, ...(options.signInApiKey === undefined ? {} : { apiKey: options.signInApiKey }) } }),
          ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }), ...(pageDirectory === null ? {} : { pageDirectory }),
          ...(options.firestoreProject === undefined ? {} : { firestore: { projectId: options.firestoreProject } }),
        });
        const line = { ready: true, url: started.url, pid: process.pid };
        outputOf(options).print({ json: line, text: JSON.stringify(line) });
        return started;
      });
    });
}
