import type { Tracing } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

let opened: Promise<Tracing | null> | null = null;

/**
 * The tracing of this process, by OpenTelemetry's own variables: on where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a
 * collector. `OTEL_TRACES_SAMPLER_ARG` is the share of commands that is traced (default 1), the same in all processes of a mesh. Off, not even
 * the libraries are loaded. Decided once.
 */
export function processTracing(environment: Environment = process.env): Promise<Tracing | null> {
  opened ??= isOn(environment) ? open(environment) : Promise.resolve(null);
  return opened;
}

export function isOn(environment: Environment): boolean {
  const endpoint = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  return endpoint !== '' && environment['OTEL_SDK_DISABLED'] !== 'true' && environment['OTEL_TRACES_EXPORTER'] !== 'none';
}

/** What is no number from 0 to 1 counts as 1. */
export function ratioOf(environment: Environment): number {
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1');
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

async function open(environment: Environment): Promise<Tracing> {
  const { createTracing } = await import('./tracing.ts');
  return createTracing({ serviceName: environment['OTEL_SERVICE_NAME'] ?? 'raft-mesh', ratio: ratioOf(environment) });
}
