import { ROOT_CONTEXT, SpanKind as Kind, TraceFlags, trace } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SamplingDecision, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { spanIdOf } from './trace-identity.ts';
import type { SpanKind } from './trace-identity.ts';

/** One finished span. Times are wall-clock ms. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly kind: SpanKind;
  /** The manager that made it; empty for the worker. */
  readonly place: string;
  /** `null` for the first span of a trace. */
  readonly parent: { readonly kind: SpanKind; readonly place: string } | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events?: readonly { readonly name: string; readonly atMs: number; readonly attributes: Attributes }[];
}

/** Where finished spans go. */
export interface Tracing {
  /** Whether this trace is one of those that are kept; every process decides alike. */
  isSampled(traceId: string): boolean;
  finished(span: FinishedSpan): void;
  /** Sends what waits; gives up after two seconds. Never rejects. */
  flush(): Promise<void>;
}

export interface TracingOptions {
  readonly serviceName: string;
  /** 0 to 1: which share of the commands is traced. */
  readonly ratio: number;
}

const otelKinds: Readonly<Record<SpanKind, Kind>> = { command: Kind.CLIENT, handle: Kind.SERVER, replicate: Kind.INTERNAL, append: Kind.INTERNAL, apply: Kind.INTERNAL };
const exportIntervalMs = 1_000;
const flushMsMax = 2_000;

/** Exports over OTLP/HTTP to where `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin say. A collector that is away costs nothing but the spans. */
export function createTracing({ serviceName, ratio }: TracingOptions): Tracing {
  const next = { traceId: '', spanId: '' };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': String(process.pid), 'process.pid': process.pid }),
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: exportIntervalMs })],
  });
  const tracer = provider.getTracer('raft-mesh');
  const sampler = new TraceIdRatioBasedSampler(ratio);
  return {
    isSampled: (traceId) => sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
    finished({ traceId, kind, place, parent, startMs, endMs, attributes, events = [] }) {
      next.traceId = traceId;
      next.spanId = spanIdOf(traceId, kind, place);
      const above = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: spanIdOf(traceId, parent.kind, parent.place), traceFlags: TraceFlags.SAMPLED, isRemote: true });
      const span = tracer.startSpan(`mesh.${kind}`, { kind: otelKinds[kind], startTime: startMs, attributes }, above);
      for (const event of events) span.addEvent(event.name, event.attributes, event.atMs);
      span.end(endMs);
    },
    async flush() {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<void>((resolve) => { timer = setTimeout(resolve, flushMsMax); });
      await Promise.race([provider.forceFlush().catch(() => {}), tooLate]);
      clearTimeout(timer);
    },
  };
}
