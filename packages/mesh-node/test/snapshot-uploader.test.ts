import { beforeEach, expect, test } from '@jest/globals';
import { SnapshotUploader, generateSigningKey } from '@raft-mesh/mesh-node';
import type { Result } from '@raft-mesh/mesh-node';
import { decodeSnapshot } from '@raft-mesh/mesh';
import type { ManagerId, ManagerStatus, MeshId, control } from '@raft-mesh/protocol';
import { StateMachine } from '@raft-mesh/state-machine';
import { RecordingLog } from '@raft-mesh/testkit';

const app = { name: 'test', version: 1, modules: [] };
const identity = { mesh: 'demo' as MeshId, incarnation: 1, manager: 'm1' as ManagerId, managerIncarnation: 1 };
const machine = new StateMachine(app);
let role: ManagerStatus['role'] = 'leader';
let appliedIndex = 5;
let answer: Result<control.SnapshotDescription>;
const sent: Uint8Array[] = [];
const failing = (code: string): Result<control.SnapshotDescription> => ({ ok: false, problem: { type: 'about:blank', title: code, status: 503, code, detail: 'x', next: 'y' } });

function uploader(): SnapshotUploader {
  return new SnapshotUploader({
    identity, app, signingKey: generateSigningKey(), log: new RecordingLog(),
    manager: {
      status: () => ({ role, appliedIndex }) as ManagerStatus,
      snapshot: () => ({ snapshot: { ...machine.snapshot(), index: appliedIndex, logTimeMs: 1, parts: () => machine.snapshot().parts() }, term: 2 }),
    },
    client: { putSnapshot: async (_mesh, _proof, data) => { sent.push(data); return answer; } },
  });
}

beforeEach(() => {
  role = 'leader';
  appliedIndex = 5;
  sent.length = 0;
  answer = { ok: true, value: { incarnation: 1, term: 2, index: 5, logTimeMs: 1, sizeBytes: 1, sha256: 'x', takenAt: 'now' } };
});

test('a leader sends its state once for each change', async () => {
  const one = uploader();
  expect(await one.sendNow()).toBe('stored');
  expect(decodeSnapshot(sent[0] ?? new Uint8Array()).header).toMatchObject({ app: 'test', index: 5 });
  expect(await one.sendNow()).toBe('nothingToDo');
  appliedIndex = 6;
  expect(await one.sendNow()).toBe('stored');
  expect(sent).toHaveLength(2);
});

test('a follower sends nothing, nor does a mesh in which nothing has happened', async () => {
  role = 'follower';
  expect(await uploader().sendNow()).toBe('nothingToDo');
  role = 'leader';
  appliedIndex = 0;
  expect(await uploader().sendNow()).toBe('nothingToDo');
  expect(sent).toHaveLength(0);
});

test('what failed is sent again; what is older than what is kept is not; a mesh that was restored is left alone', async () => {
  const one = uploader();
  answer = failing('unreachable');
  expect(await one.sendNow()).toBe('failed');
  expect(await one.sendNow()).toBe('failed');
  answer = failing('snapshotOlder');
  expect(await one.sendNow()).toBe('stored');
  expect(await one.sendNow()).toBe('nothingToDo');
  appliedIndex = 7;
  answer = failing('incarnationEnded');
  expect(await one.sendNow()).toBe('ended');
});
