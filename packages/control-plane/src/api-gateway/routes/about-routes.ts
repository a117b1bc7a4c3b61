import * as z from 'zod/mini';
import { succeeded } from '@raft-mesh/mesh-node';
import type { ControlPlaneMetrics } from '../../observability/control-plane-metrics.ts';
import type { Readiness } from '../../observability/readiness.ts';
import { documentationPage, documentationStyle } from '../openapi/documentation-page.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** What the API says of itself, these routes included. */
export function withAboutRoutes(routes: readonly Route[], { metrics, readiness }: { readonly metrics: ControlPlaneMetrics; readonly readiness: Readiness }): readonly Route[] {
  const all: Route[] = [
    ...routes,
    defineRoute({
      operation: 'health', method: 'get', path: '/healthz', place: 'root', summary: 'Whether this process lives',
      answer: { status: 200, schema: z.object({ status: z.literal('ok') }) }, problems: [], handle: () => Promise.resolve(succeeded({ status: 'ok' as const })),
    }),
    defineRoute({
      operation: 'ready', method: 'get', path: '/readyz', place: 'root', summary: 'Whether this process can serve', details: 'Its store is asked, at most every two seconds.',
      answer: { status: 200, schema: z.object({ status: z.literal('ready') }) }, problems: ['storeUnreachable'], handle: () => readiness.look(),
    }),
    defineRoute({
      operation: 'readMetrics', method: 'get', path: '/metrics', place: 'root', summary: 'What this copy counts, for Prometheus', details: 'docs/observability.md explains each metric.',
      answer: { status: 200, contentType: 'text/plain' }, problems: [], handle: async () => succeeded(await metrics.scrape()),
    }),
    defineRoute({
      operation: 'openApiDocument', method: 'get', path: '/openapi.json', summary: 'This API as OpenAPI 3.1',
      answer: { status: 200, contentType: 'application/json' }, problems: [], handle: () => Promise.resolve(succeeded(JSON.stringify(document, null, 1))),
    }),
    defineRoute({
      operation: 'documentationPage', method: 'get', path: '/docs', summary: 'This API as a page',
      answer: { status: 200, contentType: 'text/html' }, problems: [], handle: async () => succeeded(await documentationPage(document)),
    }),
    defineRoute({
      operation: 'documentationStyle', method: 'get', path: '/docs.css', summary: 'How that page looks',
      answer: { status: 200, contentType: 'text/css' }, problems: [], handle: () => Promise.resolve(succeeded(documentationStyle)),
    }),
  ];
  const document = openApiDocument(all);
  return all;
}
