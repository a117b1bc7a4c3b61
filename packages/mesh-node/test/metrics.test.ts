import { expect, test } from '@jest/globals';
import { MeshMetrics, createMetricsRoutes, startMetricsServer } from '@raft-mesh/mesh-node';
import type { ManagerMeasures } from '@raft-mesh/mesh';
import type { ManagerId, MeshId } from '@raft-mesh/protocol';

const token = 'a-token-of-thirty-two-characters';
const scrape = () => Promise.resolve({ text: 'a 1\n', contentType: 'text/plain' });
const ask = (routes: ReturnType<typeof createMetricsRoutes>, url: string, authorization?: string) => Promise.resolve(routes.request(url, authorization === undefined ? {} : { headers: { authorization } })).then(({ status }) => status);

test('without a token, metrics are for this machine by its own name', async () => {
  const routes = createMetricsRoutes({ token: null, scrape });
  for (const [url, status] of [['http://127.0.0.1:9/metrics', 200], ['http://localhost/metrics', 200], ['http://[::1]:9/metrics', 200], ['http://evil.example/metrics', 403], ['http://127.0.0.1.evil.example/metrics', 403], ['http://127.0.0.1/other', 404]] as const) {
    expect([url, await ask(routes, url)]).toEqual([url, status]);
  }
});

test('with a token, they are for whoever brings it', async () => {
  const routes = createMetricsRoutes({ token, scrape });
  expect(await ask(routes, 'http://127.0.0.1/metrics')).toBe(401);
  expect(await ask(routes, 'http://127.0.0.1/metrics', `Bearer ${token}x`)).toBe(401);
  expect(await ask(routes, 'http://10.0.0.1/metrics', `Bearer ${token}`)).toBe(200);
});

test('a port that others reach is not opened without a token, nor with one that could be guessed', async () => {
  await expect(startMetricsServer({ host: '0.0.0.0', port: 0, token: null, scrape })).rejects.toThrow('--metrics-token-file');
  await expect(startMetricsServer({ host: '0.0.0.0', port: 0, token: 'short', scrape })).rejects.toThrow('at least 32');
});

const identity = (mesh: number) => ({ mesh: `mesh${mesh}` as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 });
const measures: ManagerMeasures = {
  raft: { id: 'm1:1' as never, role: 'leader', term: 3, leader: 'm1:1' as never, commitIndex: 9, appliedIndex: 7, lastIndex: 10, firstIndex: 1, logTimeMs: 0, configuration: { voters: [], votersOutgoing: [], learners: [] }, configurationIndex: 0, quiescent: false, stopped: false, peers: [{ id: 'm2:1' as never, state: 'replicate', matchIndex: 4, nextIndex: 5, lastContactAtMs: 0 }] },
  agents: { alive: 2, suspect: 1, dead: 0 }, workerLinks: 5, openCommands: 4, openCommandsBytes: 40, hasRoom: true,
};

test('however many managers a process has, the series are bounded: those beyond share one set of labels', async () => {
  const metrics = new MeshMetrics({ managersMax: 2, withProcess: false });
  const watched = [1, 2, 3, 4].map((mesh) => metrics.watch(identity(mesh)));
  for (const manager of watched) {
    manager.attach({ measures: () => measures, notReady: () => null });
    manager.observer.refused('query', 'overloaded');
    manager.flushed(1, 2);
  }
  const { text } = await metrics.scrape();
  expect(text).toContain('mesh_managers 4');
  expect(text).toContain('mesh_agents{mesh="mesh1",manager="m1",status="alive"} 2');
  expect(text).toContain('mesh_agents{mesh="(others)",manager="(others)",status="alive"} 4');
  expect(text).toContain('mesh_raft_apply_lag_entries{mesh="mesh2",manager="m1"} 2');
  expect(text).toContain('mesh_raft_replication_lag_entries{mesh="mesh2",manager="m1"} 6');
  expect(text).toContain('mesh_refusals_total{mesh="(others)",manager="(others)",what="query",code="overloaded"} 2');
  // A term of several meshes together says nothing.
  expect(text).not.toContain('mesh_raft_term{mesh="(others)"');
  expect(text).not.toContain('mesh3');
  watched[0]?.close();
  const { text: later } = await metrics.scrape();
  expect(later).not.toContain('mesh1');
  // The place is free again.
  metrics.watch(identity(5)).flushed(1, 1);
  expect((await metrics.scrape()).text).toContain('mesh_log_flushed_entries_total{mesh="mesh5",manager="m1"} 1');
});

test('codes of refusals are bounded too', async () => {
  const metrics = new MeshMetrics({ withProcess: false });
  const { observer } = metrics.watch(identity(1));
  for (let code = 0; code < 1_000; code += 1) observer.refused('query', `code${code}`);
  const series = (await metrics.scrape()).text.split('\n').filter((line) => line.startsWith('mesh_refusals_total{'));
  expect(series.length).toBeLessThanOrEqual(66);
  expect(series.some((line) => line.includes('(others)'))).toBe(true);
});

test('append, commit and failover are measured from what the core is given and answers', async () => {
  const metrics = new MeshMetrics({ withProcess: false });
  const { observer } = metrics.watch(identity(1));
  const entry = { kind: 'noop', term: 1, index: 5, logTimeMs: 0 } as const;
  observer.stepped(1_000, { type: 'time' }, [{ type: 'roleChanged', role: 'candidate', term: 1 as never, leader: null }, { type: 'roleChanged', role: 'leader', term: 1 as never, leader: 'm1:1' as never }]);
  observer.stepped(1_000, { type: 'propose', proposalId: 1, commands: [new Uint8Array()] }, [{ type: 'write', writeId: 7, hardState: null, truncateFrom: null, entries: [entry] }, { type: 'proposalAccepted', proposalId: 1, term: 1 as never, firstIndex: 5 as never }]);
  observer.stepped(1_002, { type: 'written', writeId: 7 }, []);
  observer.stepped(1_004, { type: 'time' }, [{ type: 'apply', entries: [entry] }]);
  observer.stepped(2_000, { type: 'time' }, [{ type: 'roleChanged', role: 'follower', term: 2 as never, leader: null }]);
  observer.stepped(2_040, { type: 'time' }, [{ type: 'roleChanged', role: 'follower', term: 2 as never, leader: 'm2:1' as never }]);
  const { text } = await metrics.scrape();
  for (const line of ['mesh_log_append_seconds_sum{mesh="mesh1",manager="m1"} 0.002', 'mesh_raft_commit_seconds_sum{mesh="mesh1",manager="m1"} 0.004', 'mesh_raft_failover_seconds_sum{mesh="mesh1",manager="m1"} 0.04', 'mesh_raft_elections_total{mesh="mesh1",manager="m1"} 1', 'mesh_raft_leader_changes_total{mesh="mesh1",manager="m1"} 2']) expect(text).toContain(line);
});
