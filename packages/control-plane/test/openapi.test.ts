import { beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { operations } from '../src/api-gateway/access/access-table.ts';
import type { Gateway } from '../src/api-gateway/gateway.ts';
import type { OpenApiDocument } from '../src/api-gateway/openapi/openapi-document.ts';
import { problems } from '../src/mesh-manager/problems.ts';
import { MemoryStore } from './memory-store.ts';
import { testGateway } from './test-gateway.ts';

let gateway: Gateway;
let document: OpenApiDocument;

beforeAll(async () => {
  gateway = testGateway(new MemoryStore());
  document = (await (await gateway.app.request('/api/v1/openapi.json')).json()) as OpenApiDocument;
});

const methodsOf = ({ paths }: OpenApiDocument) => Object.entries(paths).flatMap(([where, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${where}`));

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('has every route that the router has, and no other', () => {
    // What Hono itself has been told, but for what is there for every address.
    const routed = gateway.app.routes.filter(({ method, path: where }) => method !== 'ALL' && !where.includes('*')).map(({ method, path: where }) => `${method} ${where.replace(/:(\w+)/g, '{$1}')}`);
    expect([...new Set(routed)].toSorted()).toEqual(methodsOf(document).toSorted());
  });

  test('has every operation of the access table, once', () => {
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(ids.toSorted()).toEqual([...operations].toSorted());
  });

  test('says what every body and answer looks like, and names problems by codes that exist', () => {
    for (const methods of Object.values(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const [[status, first] = []] = Object.entries(operation.responses).filter(([code]) => Number(code) < 400);
        const schemas = [...Object.values(operation.requestBody?.content ?? {}), ...Object.values(first?.content ?? {})].map(({ schema }) => schema);
        if (method === 'post') expect([operation.operationId, operation.requestBody !== undefined]).toEqual([operation.operationId, true]);
        if (status !== '204') expect(schemas.length).toBeGreaterThan(0);
        // A schema that says nothing would be `{}`: some type must have got lost on the way.
        expect(JSON.stringify(schemas)).not.toMatch(/[:[]\{\}/);
        for (const code of operation['x-problems']) expect(Object.keys(problems)).toContain(code);
      }
    }
  });

  test('the code of a problem is the name it has in the code', () => {
    for (const [name, make] of Object.entries(problems)) expect((make as (...details: readonly string[]) => { readonly problem: { readonly code: string } })('x').problem.code).toBe(name);
  });
});

test('the page shows every operation, and needs nothing but its own style: no script, no other place', async () => {
  const response = await gateway.app.request('/api/v1/docs');
  const page = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const operation of operations) expect(page).toContain(`id="${operation}"`);
  expect(page).not.toMatch(/<script|style=|https?:\/\/(?!127\.0\.0\.1)/);
  expect(response.headers.get('content-security-policy')).toContain("style-src 'self'");
  expect((await gateway.app.request('/api/v1/docs.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
});
