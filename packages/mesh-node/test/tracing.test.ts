import { expect, test } from '@jest/globals';
import { isOn, ratioOf } from '../src/observability/tracing/process-tracing.ts';
import { spanIdOf, traceIdOf } from '../src/observability/tracing/trace-identity.ts';

test('traces are off, until the environment names a collector', () => {
  expect(isOn({})).toBe(false);
  expect(isOn({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe(false);
  expect(isOn({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' })).toBe(true);
  expect(isOn({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' })).toBe(true);
  expect(isOn({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_SDK_DISABLED: 'true' })).toBe(false);
  expect([ratioOf({}), ratioOf({ OTEL_TRACES_SAMPLER_ARG: '0.25' }), ratioOf({ OTEL_TRACES_SAMPLER_ARG: 'half' }), ratioOf({ OTEL_TRACES_SAMPLER_ARG: '7' })]).toEqual([1, 0.25, 1, 1]);
});

test('who sees a command knows its trace, and nobody takes one for another', () => {
  const traceId = traceIdOf('village', 's-1', 7);
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceIdOf('village', 's-1', 7)).toBe(traceId);
  expect(new Set([traceId, traceIdOf('village', 's-1', 8), traceIdOf('village', 's-2', 7), traceIdOf('town', 's-1', 7)]).size).toBe(4);
  expect(spanIdOf(traceId, 'append', 'm1')).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set(['m1', 'm2'].flatMap((place) => [spanIdOf(traceId, 'append', place), spanIdOf(traceId, 'apply', place)])).size).toBe(4);
});
