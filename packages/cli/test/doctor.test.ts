import { expect, test } from '@jest/globals';
import type { MeshStatus } from '@raft-mesh/protocol';
import { checkMachine, isNodeSupported, type MachineReading } from '../src/doctor/machine-checks.ts';
import { checkMesh, type MeshReading } from '../src/doctor/mesh-checks.ts';

const machine: MachineReading = { nodeVersion: '22.14.0', environment: {}, descriptorsMax: 65_536, disk: { freeBytes: 50e9, sizeBytes: 100e9 }, takenPorts: [] };
const manager = (id: string, role: string) => ({ id, role }) as unknown as MeshStatus['managers'][number];
const statusOf = (leader: string | null, ...roles: readonly string[]) => ({ leader, managers: roles.map((role, at) => manager(`m${at + 1}`, role)) }) as unknown as MeshStatus;
const mesh: MeshReading = {
  context: { mesh: 'village', controlPlane: 'http://127.0.0.1:7070' }, directory: '/data', managerDirectories: [{ path: '/data/managers/m1', mesh: 'village' }],
  controlPlane: { clockAheadMs: 900, keyProblem: null }, status: statusOf('m1', 'leader', 'follower', 'follower'),
};

test('a sound machine and mesh give nothing to say', () => {
  expect(checkMachine(machine)).toEqual([]);
  expect(checkMachine({ ...machine, descriptorsMax: null, disk: null })).toEqual([]);
  expect(checkMesh(mesh)).toEqual([]);
});

test.each([
  ['nodeTooOld', { nodeVersion: '18.20.0' }, '18.20.0'],
  ['emulatorVariable', { environment: { FIRESTORE_EMULATOR_HOST: '127.0.0.1:8085' } }, 'FIRESTORE_EMULATOR_HOST'],
  ['emulatorVariable', { environment: { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099' } }, 'FIREBASE_AUTH_EMULATOR_HOST'],
  ['descriptorsFew', { descriptorsMax: 256 }, '256'],
  ['diskNearlyFull', { disk: { freeBytes: 4e9, sizeBytes: 100e9 } }, '3.7'],
  ['diskNearlyFull', { disk: { freeBytes: 5e8, sizeBytes: 1e9 } }, '0.5'],
  ['portTaken', { takenPorts: [7070] }, '7070'],
] as const)('%s is found', (code, change, named) => {
  const [finding, ...others] = checkMachine({ ...machine, ...change });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code, fix: expect.any(String) as unknown });
  expect(finding?.what).toContain(named);
});

test.each([
  ['meshUnknown', { context: null }, '/data'],
  ['otherMesh', { managerDirectories: [{ path: '/data/managers/m1', mesh: 'town' }] }, 'town'],
  ['controlPlaneUnreachable', { controlPlane: null }, 'http://127.0.0.1:7070'],
  ['clockSkew', { controlPlane: { clockAheadMs: 45_000, keyProblem: null } }, '45 s ahead'],
  ['clockSkew', { controlPlane: { clockAheadMs: -90_000, keyProblem: null } }, '90 s behind'],
  ['keyRefused', { controlPlane: { clockAheadMs: 0, keyProblem: { code: 'keyExpired', detail: 'This key has expired.' } } }, 'keyExpired'],
  ['noQuorum', { status: statusOf(null, 'follower', 'unreachable', 'unreachable') }, 'm2, m3'],
  ['managersMissing', { status: statusOf('m1', 'leader', 'follower', 'unreachable') }, 'm3'],
] as const)('%s is found', (code, change, named) => {
  const [finding, ...others] = checkMesh({ ...mesh, ...change });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code, fix: expect.any(String) as unknown });
  expect(finding?.what).toContain(named);
});

test('Node is as package.json wants it', () => {
  expect(['20.18.9', '20.19.0', '21.9.0', '22.11.0', '22.12.0', '23.5.0', '24.0.0', '26.1.0'].map(isNodeSupported)).toEqual([false, true, false, false, true, false, true, true]);
});
