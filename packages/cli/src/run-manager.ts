import { createLogger, MeshMetrics, readManagerIdentity, startManager, startMetricsServer, type ManagerProcess, type StartManagerOptions } from '@raft-mesh/mesh-node';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { metricsPortOf, type MetricsOptions } from './metrics-options.ts';
import { Output } from './output.ts';
import { runUntilStopped } from './run-until-stopped.ts';

export interface RunManagerOptions extends Partial<MetricsOptions> {
  readonly dataDir: string;
  readonly host: string;
  readonly logLevel: string;
  readonly json?: boolean;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly app?: string;
  readonly controlPlane?: string;
  readonly exitWithParent?: boolean;
  readonly snapshotUploadIntervalMs?: number;
  readonly snapshotLogBytes?: number;
  /** Chaos mode: links and disk do what the control in this directory says. */
  readonly chaosDir?: string;
}

/** Runs one manager until it is told to stop, stops by itself, or has left the mesh (exit code 7: it may not come back as it is). */
export async function runManager(options: RunManagerOptions): Promise<void> {
  await runUntilStopped(options, async (stopNow) => {
    const { tlsCert, tlsKey } = options;
    if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new CliError('tlsIncomplete', exitCodes.usage, 'TLS needs a certificate and its key.', 'add --tls-cert <file> --tls-key <file>');
    const metricsPort = await metricsPortOf({ metricsHost: '127.0.0.1', ...options });
    const metrics = metricsPort === null ? null : new MeshMetrics();
    const metricsServer = metricsPort === null || metrics === null ? null : await startMetricsServer({ ...metricsPort, scrape: () => metrics.scrape() });
    const started: ManagerProcess = await startManager({
      ...(metrics === null ? {} : { metrics }), ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { certificateFile: tlsCert, keyFile: tlsKey } }),
      directory: options.dataDir, host: options.host, logger: createLogger({ level: options.logLevel, name: 'manager' }), onStopped: stopNow,
      onLeft: (reason) => stopNow(`${reason}. Next: mesh manager join   (to come back as a new incarnation)`, exitCodes.conflict),
      ...(options.port === undefined ? {} : { port: options.port }), ...(options.app === undefined ? {} : { app: options.app }), ...(options.controlPlane === undefined ? {} : { controlPlane: options.controlPlane }),
      ...(options.snapshotUploadIntervalMs === undefined ? {} : { snapshotUploadIntervalMs: options.snapshotUploadIntervalMs }),
      ...(options.snapshotLogBytes === undefined ? {} : { tuning: { snapshotLogBytes: options.snapshotLogBytes } }),
      ...(options.chaosDir === undefined ? {} : await breakable(options.chaosDir, options.dataDir)),
    });
    const line = { ready: true, url: started.url, manager: started.identity.manager, pid: process.pid, ...(metricsServer === null ? {} : { metrics: metricsServer.url }) };
    new Output(options.json === true).print({ json: line, text: JSON.stringify(line) });
    return { stop: async () => { await metricsServer?.stop(); await started.stop(); } };
  });
}

async function breakable(chaosDirectory: string, directory: string): Promise<Partial<StartManagerOptions>> {
  const identity = await readManagerIdentity(directory);
  const { chaosManagerOptions } = await import('@raft-mesh/chaos/control');
  return identity === null ? {} : chaosManagerOptions(chaosDirectory, identity.manager);
}
