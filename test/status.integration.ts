import { expect, test } from '@jest/globals';
import { meshStatus, type MeshStatus } from '@raft-mesh/protocol';
import { runMesh, eventually } from './support/processes.ts';
import { withDevMesh } from './support/dev-mesh.ts';

const status = async (directory: string, ...more: string[]) => {
  const { code, stdout } = await runMesh(['status', '--json', '--data-dir', directory, ...more]);
  const printed = JSON.parse(stdout) as MeshStatus;
  meshStatus.parse(printed);
  return { code, status: printed };
};

test('mesh status: managers agree once idle; the unreachable are listed; without a quorum there is no leader and exit code 5', async () => {
  await withDevMesh({ bots: 2 }, async (mesh) => {
    const idle = await eventually('idle', async () => {
      const answer = await status(mesh.directory);
      const indexes = new Set(answer.status.managers.map((manager) => manager.appliedIndex));
      return answer.code === 0 && indexes.size === 1 && answer.status.agents.filter((agent) => agent.status === 'alive').length === 2 && answer;
    });
    const [shape] = idle.status.managers;
    expect(Object.keys(shape ?? {}).toSorted()).toEqual(['appliedIndex', 'commitIndex', 'id', 'lastContactMs', 'pid', 'role', 'term', 'url']);
    expect(idle.status.managers.map((manager) => manager.id)).toEqual(['m1', 'm2', 'm3']);
    expect(idle.status.managers.map((manager) => manager.role).toSorted()).toEqual(['follower', 'follower', 'leader']);
    expect(new Set(idle.status.managers.map((manager) => manager.term))).toEqual(new Set([idle.status.term]));

    for (const id of ['m1', 'm2', 'm3']) {
      const seen = (await status(mesh.directory, '--manager', id)).status;
      expect({ id, leader: seen.leader, term: seen.term, roles: seen.managers.map((manager) => manager.role), agents: seen.agents.map((agent) => [agent.id, agent.status]) })
        .toEqual({ id, leader: idle.status.leader, term: idle.status.term, roles: idle.status.managers.map((manager) => manager.role), agents: idle.status.agents.map((agent) => [agent.id, agent.status]) });
    }

    const [first, second] = idle.status.managers.filter((manager) => manager.role === 'follower').map((manager) => manager.id);
    await mesh.kill(first!, { stayDown: true });
    const one = await status(mesh.directory);
    expect(one.code).toBe(0);
    expect(one.status.managers.find((manager) => manager.id === first)).toMatchObject({ role: 'unreachable', pid: null });
    await mesh.kill(second!, { stayDown: true });
    const none = await eventually('the last manager steps down', async () => {
      const answer = await status(mesh.directory);
      return answer.status.leader === null && answer;
    });
    expect(none.code).toBe(5);
    const doctor = await runMesh(['doctor', '--json', '--data-dir', mesh.directory]);
    expect(doctor.code).toBe(5);
    expect((JSON.parse(doctor.stdout) as { findings: { code: string; what: string }[] }).findings[0]).toMatchObject({ code: 'noQuorum', what: expect.stringMatching(`\\(not ${[first, second].toSorted().join(', ')}\\)`) });
    expect(none.status.managers).toHaveLength(3);
  });
}, 90_000);
