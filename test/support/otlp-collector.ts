import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan { readonly traceId: string; readonly spanId: string; readonly parentSpanId: string | null; readonly name: string; readonly startNs: bigint; readonly endNs: bigint; readonly attributes: Readonly<Record<string, unknown>>; readonly events: readonly string[]; readonly service: string; readonly pid: unknown }

interface Attribute { readonly key: string; readonly value: Readonly<Record<string, unknown>> }
interface Export { readonly resourceSpans: readonly { readonly resource: { readonly attributes: readonly Attribute[] }; readonly scopeSpans: readonly { readonly spans: readonly { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly name: string; readonly startTimeUnixNano: string; readonly endTimeUnixNano: string; readonly attributes?: readonly Attribute[]; readonly events?: readonly { readonly name: string }[] }[] }[] }[] }

/** A collector that takes OTLP/HTTP JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp) and keeps what comes. */
export async function startCollector(): Promise<{ readonly url: string; readonly spans: readonly CollectedSpan[]; stop(): Promise<void> }> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isExport = request.method === 'POST' && request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      if (isExport) spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Export));
      response.writeHead(isExport ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans,
    async stop() { server.closeAllConnections(); await new Promise((resolve) => { server.close(resolve); }); },
  };
}

function spansOf({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span): CollectedSpan => ({
    traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId ?? null, name: span.name, startNs: BigInt(span.startTimeUnixNano), endNs: BigInt(span.endTimeUnixNano),
    attributes: valuesOf(span.attributes ?? []), events: (span.events ?? []).map(({ name }) => name), service: String(valuesOf(resource.attributes)['service.name']), pid: valuesOf(resource.attributes)['process.pid'],
  }))));
}

const valuesOf = (attributes: readonly Attribute[]) => Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
