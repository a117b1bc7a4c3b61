import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { MetricsPort } from '@raft-mesh/mesh-node';

export interface MetricsOptions { readonly metricsPort?: number; readonly metricsHost: string; readonly metricsTokenFile?: string }

export function withMetricsOptions(command: Command): Command {
  return command
    .option('--metrics-port <port>', 'serve GET /metrics for Prometheus at this port (default: nowhere)', Number)
    .option('--metrics-host <address>', 'address of that port; other than loopback needs a token', '127.0.0.1')
    .option('--metrics-token-file <file>', 'a file with the token that whoever reads metrics must bring');
}

/** `null`: metrics are not asked for. */
export async function metricsPortOf(options: MetricsOptions): Promise<MetricsPort | null> {
  const { metricsPort, metricsHost, metricsTokenFile } = options;
  if (metricsPort === undefined) return null;
  return { port: metricsPort, host: metricsHost, token: metricsTokenFile === undefined ? null : (await readFile(metricsTokenFile, 'utf8')).trim() };
}
