import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { configuredAppName, createLogger, MeshMetrics, startHost, startMetricsServer } from '@raft-mesh/mesh-node';
import type { control } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { outputOf, withCommonOptions } from '../command-options.ts';
import { controlPlaneOf, withControlPlaneOptions, type ControlPlaneAccessOptions } from '../control-plane-access.ts';
import { valueOf } from '../control-plane-client.ts';
import { drainHost } from '../drain-host.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../output.ts';
import { metricsPortOf, withMetricsOptions, type MetricsOptions } from '../metrics-options.ts';
import { runUntilStopped } from '../run-until-stopped.ts';

interface StartOptions extends MetricsOptions { readonly json?: boolean; readonly dataDir: string; readonly controlPlane: string; readonly keyFile?: string; readonly name?: string; readonly host: string; readonly port?: number; readonly url?: string; readonly app?: string[]; readonly managersMax: number; readonly allowOrigin?: string[]; readonly tlsCert?: string; readonly tlsKey?: string; readonly logLevel: string; readonly exitWithParent?: boolean }

const pageSize = 1_000;

export function addHost(program: Command): void {
  const host = program.command('host').description('hosts: machines that run managers of many meshes for the control plane');

  withMetricsOptions(host.command('start'))
    .description('offer this machine: run the managers that the control plane places here, in one process on one port')
    .requiredOption('--data-dir <dir>', 'where this host keeps its key and its managers')
    .requiredOption('--control-plane <url>', 'whose managers it runs')
    .option('--key-file <file>', 'file with a key that may register hosts (role manager or admin, for all meshes); needed the first time, and to change apps or bounds')
    .option('--name <name>', 'its name (the first time; default: this machine\'s, and something random)')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--port <port>', 'port to listen at (default: that of the first start, or of --url; else a free one)', Number)
    .option('--url <url>', 'how others reach it (the first time; default: where it listens)')
    .option('--app <name...>', 'the apps it may load; no other ever is (default: "app" in mesh.config.json)')
    .option('--managers-max <n>', 'how many managers it takes', Number, 10_000)
    .option('--allow-origin <origin...>', 'other pages that may connect, as https://host:port')
    .option('--tls-cert <file>', 'speak TLS: the certificate chain (PEM), with --tls-key')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--exit-with-parent', 'end when standard input closes')
    .option('--json', 'print JSON')
    .action(async (options: StartOptions) => {
      await runUntilStopped(options, async () => {
        const { keyFile, name, port, url, allowOrigin, tlsCert, tlsKey } = options;
        if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new CliError('tlsIncomplete', exitCodes.usage, 'TLS needs a certificate and its key.', 'add --tls-cert <file> --tls-key <file>');
        const configured = configuredAppName();
        const apps = options.app ?? (configured === null ? [] : [configured]);
        if (apps.length === 0) throw new CliError('noApp', exitCodes.usage, 'Which apps this host may load is not said.', 'add --app <name>');
        const metricsPort = await metricsPortOf(options);
        const metrics = metricsPort === null ? null : new MeshMetrics();
        const metricsServer = metricsPort === null || metrics === null ? null : await startMetricsServer({ ...metricsPort, scrape: () => metrics.scrape() });
        const started = await startHost({
          ...(metrics === null ? {} : { metrics }), ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { certificateFile: tlsCert, keyFile: tlsKey } }),
          directory: options.dataDir, controlPlane: options.controlPlane, address: options.host, apps, managersMax: options.managersMax, logger: createLogger({ level: options.logLevel, name: 'host' }),
          ...(keyFile === undefined ? {} : { controlPlaneKey: (await readFile(keyFile, 'utf8')).trim() }), ...(name === undefined ? {} : { name }), ...(port === undefined ? {} : { port }),
          ...(url === undefined ? {} : { url }), ...(allowOrigin === undefined ? {} : { allowedOrigins: allowOrigin }),
        });
        const output = outputOf(options);
        const line = { ready: true, host: started.host, url: started.url, pid: process.pid, ...(metricsServer === null ? {} : { metrics: metricsServer.url }) };
        output.print({ json: line, text: JSON.stringify(line) });
        void started.recovered.then((recovered) => output.print({ json: { recovered }, text: JSON.stringify({ recovered }) }));
        return { stop: async () => { await metricsServer?.stop(); await started.stop(); } };
      });
    });

  withControlPlaneOptions(withCommonOptions(host.command('list'))).description('the hosts that the control plane knows').action(async (options: ControlPlaneAccessOptions) => {
    const client = await controlPlaneOf(options);
    const hosts: control.HostDescription[] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.HostList = valueOf(await client.listHosts({ limit: pageSize, cursor }));
      hosts.push(...page.hosts);
      if (page.next === null) break;
      cursor = page.next;
    }
    const rows = hosts.map((known) => [known.host, known.state, `${known.managers} of ${known.managersMax}`, known.url, known.apps.join(' '), known.lastSeenAt]);
    outputOf(options).print({ json: hosts, text: hosts.length === 0 ? 'There is no host.\nNext: mesh host start' : table(['HOST', 'STATE', 'MANAGERS', 'URL', 'APPS', 'LAST SEEN'], rows) });
  });

  withControlPlaneOptions(withCommonOptions(host.command('drain <host>'))).description('have all its managers move to other hosts; until then their meshes go on with them, so that nothing is lost and nobody waits')
    .option('--no-wait', 'do not wait until it holds none')
    .action(async (name: string, options: ControlPlaneAccessOptions & { readonly wait: boolean }) => {
      const client = await controlPlaneOf(options);
      if (!options.wait) {
        const draining = valueOf(await client.drainHost(name));
        outputOf(options).print({ json: draining, text: `Host ${name} is ${draining.state}: ${draining.managers} managers are still there.\nNext: mesh host list` });
        return;
      }
      const drained = await drainHost(client, name);
      outputOf(options).print({ json: drained, text: `Host ${name} holds no manager any more, and gets none. It may be stopped.\nNext: mesh host undrain ${name}, or mesh host remove ${name}` });
    });

  withControlPlaneOptions(withCommonOptions(host.command('undrain <host>'))).description('let managers be placed on it again; what has moved away stays where it is').action(async (name: string, options: ControlPlaneAccessOptions) => {
    const taken = valueOf(await (await controlPlaneOf(options)).undrainHost(name));
    outputOf(options).print({ json: taken, text: `Managers may be placed on ${name} again.\nNext: mesh host list` });
  });

  withControlPlaneOptions(withCommonOptions(host.command('remove <host>'))).description('forget a host that is drained, or gone and with nothing placed on it any more').action(async (name: string, options: ControlPlaneAccessOptions) => {
    valueOf(await (await controlPlaneOf(options)).removeHost(name));
    outputOf(options).print({ json: { removed: name }, text: `Host ${name} is forgotten.\nNext: mesh host list` });
  });
}
