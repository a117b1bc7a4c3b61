import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/processes.ts';
import { scrape, withObservedMesh, type Sample } from './support/observed-mesh.ts';

const readDocs = (name: string) => readFile(fileURLToPath(new URL(`../docs/${name}`, import.meta.url)), 'utf8');
/** Metrics that a text names: ours, and what the library tells of a process. */
const metricsIn = (text: string) => [...new Set([...text.matchAll(/\b(?:mesh|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name))].filter((name) => !/^(process|nodejs)_$/.test(name));

const sum = (samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}) => samples
  .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)).reduce((total, { value }) => total + value, 0);

test('real managers and a control plane tell Prometheus what they do, and who may read it', async () => {
  await withObservedMesh(async ({ managers, controlPlane, mesh, connect }) => {
    const all = async () => (await Promise.all(managers.filter(({ child }) => child.exitCode === null && child.signalCode === null).map(({ metrics }) => scrape(metrics)))).flat();
    const worker = await connect('ada');
    for (let at = 0; at < 20; at += 1) expect(await worker.send('documents', 'put', { key: `k${at}`, value: at })).toMatchObject({ status: 'committed' });

    const samples = await eventually('beats with their round trips, links to all managers, and everything applied everywhere', async () => {
      const now = await all();
      const indexes = now.filter(({ name }) => name === 'mesh_raft_applied_index').map(({ value }) => value);
      return sum(now, 'mesh_agent_heartbeat_round_trip_seconds_count') > 0 && sum(now, 'mesh_worker_links') === 3 && Math.min(...indexes) > 20 && Math.max(...indexes) === Math.min(...indexes) && now;
    });
    expect(new Set(samples.filter(({ name }) => name === 'mesh_raft_role').map(({ labels }) => `${labels['mesh']} ${labels['manager']}`))).toEqual(new Set(managers.map(({ id }) => `${mesh.mesh} ${id}`)));
    expect(sum(samples, 'mesh_raft_role', { role: 'leader' })).toBe(1);
    expect(sum(samples, 'mesh_raft_role', { role: 'follower' })).toBe(2);
    expect(sum(samples, 'mesh_manager_up')).toBe(3);
    expect(sum(samples, 'mesh_manager_ready')).toBe(3);
    expect(sum(samples, 'mesh_agents', { status: 'alive' })).toBe(3);
    expect(sum(samples, 'mesh_raft_commit_seconds_count')).toBeGreaterThanOrEqual(20);
    // 20 commands are on three disks, some of them in one flush.
    expect(sum(samples, 'mesh_log_flushed_entries_total')).toBeGreaterThanOrEqual(60);
    expect(sum(samples, 'mesh_log_flush_seconds_count')).toBeGreaterThanOrEqual(20);
    expect(sum(samples, 'mesh_log_append_seconds_count')).toBeGreaterThanOrEqual(20);
    expect(sum(samples, 'mesh_raft_elections_total')).toBeGreaterThanOrEqual(1);

    const leader = managers.find(({ id }) => sum(samples, 'mesh_raft_role', { role: 'leader', manager: id }) === 1);
    leader?.child.kill('SIGKILL');
    await eventually('both that are left have measured the failover', async () => sum(await all(), 'mesh_raft_failover_seconds_count') >= 2);
    for (const { url, id } of managers.filter((manager) => manager !== leader)) {
      expect([id, (await fetch(`${url}/healthz`)).status, (await fetch(`${url}/readyz`)).status]).toEqual([id, 200, 200]);
    }

    // One of three can serve nobody: it lives, and is not ready.
    const [last, other] = managers.filter((manager) => manager !== leader);
    other?.child.kill('SIGKILL');
    const unready = await eventually('the one that is left knows no leader', async () => {
      const response = await fetch(`${last?.url ?? ''}/readyz`);
      return response.status === 503 && await response.json() as unknown;
    });
    expect(unready).toMatchObject({ code: 'noLeader', next: expect.any(String) as unknown });
    expect((await fetch(`${last?.url ?? ''}/healthz`)).status).toBe(200);
    expect(sum(await all(), 'mesh_manager_ready')).toBe(0);
    await worker.close();

    // The control plane: at its own port for this machine, and on the API with a key.
    const counted = await scrape(controlPlane.metrics);
    expect(sum(counted, 'mesh_control_requests_total', { operation: 'createMesh', status: '201' })).toBe(1);
    expect(sum(counted, 'mesh_control_store_seconds_count')).toBeGreaterThan(0);
    expect(sum(await scrape(`${controlPlane.url}/metrics`, { authorization: `Bearer ${controlPlane.adminKey}` }), 'mesh_control_requests_total', { operation: 'enrolManager' })).toBe(3);
    expect((await fetch(`${controlPlane.url}/metrics`)).status).toBe(401);
    expect(await (await fetch(`${controlPlane.url}/readyz`)).json()).toEqual({ status: 'ready' });
    // What is watched is there: every metric that rules, dashboard and page name, and no metric of ours that none of them shows.
    const told = new Set([...samples, ...await all(), ...counted].map(({ name }) => name));
    // Counters with labels have no series before there is something to count.
    const untilCounted = ['mesh_refusals_total', 'mesh_control_store_failures_total'];
    const there = new Set([...told, ...untilCounted]);
    const [alerts, dashboard, page] = await Promise.all([readDocs('observability/alerts.yml'), readDocs('observability/dashboard.json'), readDocs('observability.md')]);
    const asked = alerts.split('\n').filter((line) => line.trimStart().startsWith('expr:')).join('\n');
    for (const text of [asked, dashboard]) expect(metricsIn(text).filter((name) => !there.has(name))).toEqual([]);
    const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
    const ours = [...new Set([...told].filter((name) => name.startsWith('mesh_')).map(base))];
    expect(metricsIn(page).filter((name) => !ours.includes(name) && !untilCounted.includes(name))).toEqual([]);
    expect(ours.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
    const rules = alerts.split('- alert: ').slice(1);
    expect(rules.length).toBeGreaterThan(8);
    for (const rule of rules) expect(rule).toMatch(/^\w+\n\s+expr: \S.*\n[\s\S]*severity: [\s\S]*summary: '[\s\S]*action: '/);
    const panels = (JSON.parse(dashboard) as { readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[] }).panels;
    for (const { targets } of panels) for (const { expr } of targets) expect(metricsIn(expr).length).toBeGreaterThan(0);

    // A page that makes its own name lead here reads nothing.
    expect((await fetch(controlPlane.metrics.replace('127.0.0.1', 'localhost'))).status).toBe(200);
  });
}, 60_000);
