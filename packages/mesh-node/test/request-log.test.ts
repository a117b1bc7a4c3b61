import { expect, test } from '@jest/globals';
import { logRequests } from '@raft-mesh/mesh-node';
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { RequestIdVariables } from 'hono/request-id';

const traceId = '0af7651916cd43dd8448eb211c80319c';

function served(levels: 'byStatus' | 'debug') {
  const lines: Record<string, unknown>[] = [];
  const note = (level: string) => (fields: object, message: string) => { lines.push({ level, message, ...fields }); };
  const app = new Hono<{ Variables: RequestIdVariables }>();
  app.use(requestId({ headerName: 'X-Request-Id' }));
  app.use(logRequests({ debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }, levels));
  app.get('/is/:status', (context) => context.body('', Number(context.req.param('status')) as 200));
  return { app, lines };
}

const asked = (app: ReturnType<typeof served>['app'], path: string, headers: Readonly<Record<string, string>> = {}) => app.request(path, { headers: { authorization: 'Bearer secret', ...headers } });

test('a line has the id that the answer carries and the trace of whoever asked, and neither a header nor a query', async () => {
  const { app, lines } = served('debug');
  const response = await asked(app, '/is/200?code=secret', { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(lines).toEqual([{ level: 'debug', message: 'request', requestId: response.headers.get('x-request-id'), traceId, method: 'GET', path: '/is/200', status: 200, durationMs: expect.any(Number) }]);
  expect(lines[0]?.['requestId']).toMatch(/^[0-9a-f-]{36}$/u);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test.each(['nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])('what is no trace is none: %s', async (traceparent) => {
  const { app, lines } = served('debug');
  await asked(app, '/is/200', { traceparent });
  expect(lines[0]).not.toHaveProperty('traceId');
});

test.each([['byStatus', 500, 'error'], ['byStatus', 403, 'warn'], ['byStatus', 404, 'debug'], ['debug', 500, 'debug'], ['debug', 401, 'debug']] as const)('%s: an answer of %d is a line of %s', async (levels, status, level) => {
  const { app, lines } = served(levels);
  await asked(app, `/is/${status}`);
  expect(lines.map((line) => [line['level'], line['event'] ?? null])).toEqual([[level, level === 'warn' ? 'accessRefused' : null]]);
});
