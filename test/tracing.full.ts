import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchManagerStatus } from '@raft-mesh/mesh-node';
import { eventually, startLasting } from './support/processes.ts';
import { startCollector, type CollectedSpan } from './support/otlp-collector.ts';
import { withObservedMesh } from './support/observed-mesh.ts';

const workerFile = fileURLToPath(new URL('support/traced-worker.ts', import.meta.url));

test('one trace follows a command from its worker through the leader, the logs, the quorum and the states, in real processes', async () => {
  const collector = await startCollector();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  try {
    await withObservedMesh(async ({ directory, invite, managers, mesh, admin }) => {
      const commands = 5;
      const file = join(directory, 'join.json');
      await writeFile(file, JSON.stringify(await invite('ada')));
      const { child, exited } = await startLasting(process.execPath, ['--import', 'tsx', '--conditions=@raft-mesh/source', workerFile, file, String(commands)], environment);
      expect(await exited).toBe(0);
      const workerPid = child.pid;

      // Each: the worker's, the one of the manager that it asked, the leader's, and an append and an apply at each manager.
      const traces = await eventually('every span of every command has come', () => {
        const byTrace = new Map<string, CollectedSpan[]>();
        for (const span of collector.spans) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span]);
        return byTrace.size === commands && [...byTrace.values()].every((spans) => spans.length === 9) && byTrace;
      });
      const operate = await admin.createOperateToken(mesh.mesh, { accessRole: 'admin' });
      if (!operate.ok) throw new Error(operate.problem.detail);
      const status = await fetchManagerStatus(managers[0]?.url ?? '', mesh.mesh, operate.value.token);
      if (!status.ok) throw new Error(status.problem.detail);

      for (const spans of traces.values()) {
        const named = (name: string) => spans.filter((span) => span.name === `mesh.${name}`);
        const only = (name: string): CollectedSpan => { const [span] = named(name); if (span === undefined) throw new Error(`no ${name}`); expect(named(name)).toHaveLength(1); return span; };
        const [command, handle, replicate] = [only('command'), only('handle'), only('replicate')];
        expect(command).toMatchObject({ parentSpanId: null, pid: workerPid, events: ['sent'], service: 'raft-mesh' });
        expect(command.attributes).toMatchObject({ 'mesh.id': mesh.mesh, 'mesh.module': 'documents', 'mesh.command': 'put', 'mesh.outcome': 'committed' });
        expect(handle.parentSpanId).toBe(command.spanId);
        expect(replicate.parentSpanId).toBe(handle.spanId);
        expect(replicate.attributes['mesh.manager']).toBe(status.value.leader);
        for (const name of ['append', 'apply']) {
          expect(named(name).map(({ attributes }) => String(attributes['mesh.manager'])).toSorted()).toEqual(['m1', 'm2', 'm3']);
          expect(named(name).map(({ parentSpanId }) => parentSpanId)).toEqual([replicate.spanId, replicate.spanId, replicate.spanId]);
        }
        expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(9);
        // Within one process, what waits for another ends after it; clocks of two processes may differ.
        const ownAppend = named('append').find(({ pid }) => pid === replicate.pid);
        expect(ownAppend?.startNs).toBe(replicate.startNs);
        for (const { startNs, endNs } of spans) expect(startNs).toBeLessThanOrEqual(endNs);
      }
      // Nothing that was said is in a trace, nor, from a manager, what it was about.
      const text = JSON.stringify(collector.spans, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
      expect(text).not.toContain('a value that no trace may show');
      expect(text).not.toContain('key0');
      expect(collector.spans.filter(({ name, attributes }) => name !== 'mesh.command' && 'mesh.command' in attributes)).toEqual([]);
    }, environment);
  } finally {
    await collector.stop();
  }
}, 60_000);
