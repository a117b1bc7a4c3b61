import { createMetricsRoutes } from '@raft-mesh/mesh-node';
import { routeTarget, routesOf } from '../support/routes.ts';
import type { Served } from '../support/routes.ts';
import type { Target } from '../target.ts';

const token = 'the-token-of-the-fuzzer-000000000000000000';

function serveMetrics(): Served & { readonly routes: readonly string[] } {
  const routes = createMetricsRoutes({ token, scrape: () => Promise.resolve({ text: '# TYPE a gauge\na 1\n', contentType: 'text/plain' }) });
  return { fetch: (request) => routes.fetch(request), known: { token }, routes: routesOf(routes), close() {} };
}

export const metricsHttpTargets: readonly Target[] = [
  routeTarget('http.metrics GET /metrics', 0.2, [{ method: 'GET', path: '/metrics', headers: { authorization: 'Bearer $token' } }, { method: 'GET', path: '/metrics' }], () => Promise.resolve(serveMetrics())),
];
