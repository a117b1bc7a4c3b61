import { describe, expect, test } from '@jest/globals';
import type { ManagerStatus, MeshStatus } from '@raft-mesh/protocol';
import { checkControlPlane, timeOf, type ControlPlaneAnswer, type ControlPlaneContext, type ControlPlaneReading } from '../src/doctor/control-plane-checks.ts';
import { checkDirectory, type DirectoryReading } from '../src/doctor/directory-checks.ts';
import { exitCodeOf, exitCodeOfFinding, gravestFirst, type Finding } from '../src/doctor/finding.ts';
import { checkMachine, isNodeSupported, type MachineReading } from '../src/doctor/machine-checks.ts';
import { checkManagers, type ManagerAnswer, type ManagerContext, type ManagerReading } from '../src/doctor/manager-checks.ts';
import { checkMesh, checkToken, nothingRuns, type MeshReading } from '../src/doctor/mesh-checks.ts';
import { nextSteps, type Situation } from '../src/doctor/next-steps.ts';
import { report } from '../src/doctor/report.ts';

// Each check is a function of what was looked at. Real faults on a real mesh: test/doctor.full.ts.

/** Exactly this one finding, whole, which names what it is about. */
function expectOne(findings: readonly Finding[], code: string, named: string): void {
  expect(findings.map((finding) => finding.code)).toEqual([code]);
  const [finding] = findings;
  expect(finding?.what).toContain(named);
  for (const text of [finding?.why, finding?.next]) expect(text).toMatch(/\S/);
  expect(JSON.stringify(finding)).not.toMatch(/undefined|NaN|Infinity/);
}

describe('the machine', () => {
  const sound: MachineReading = { nodeVersion: '22.14.0', environment: {}, descriptorsMax: 65_536, disk: { freeBytes: 50e9, sizeBytes: 100e9 }, takenPorts: [] };

  test('when sound gives nothing to say', () => {
    expect(checkMachine(sound)).toEqual([]);
    expect(checkMachine({ ...sound, descriptorsMax: null, disk: null })).toEqual([]);
  });

  test.each([
    ['nodeTooOld', { nodeVersion: '18.20.0' }, '18.20.0'],
    ['emulatorVariable', { environment: { FIRESTORE_EMULATOR_HOST: '127.0.0.1:8085' } }, 'FIRESTORE_EMULATOR_HOST'],
    ['emulatorVariable', { environment: { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099' } }, 'FIREBASE_AUTH_EMULATOR_HOST'],
    ['descriptorsFew', { descriptorsMax: 256 }, '256'],
    ['diskNearlyFull', { disk: { freeBytes: 4e9, sizeBytes: 100e9 } }, '3.7'],
    ['diskNearlyFull', { disk: { freeBytes: 5e8, sizeBytes: 1e9 } }, '0.5'],
    ['portTaken', { takenPorts: [7070] }, '7070'],
  ] as const)('%s is found', (code, change, named) => expectOne(checkMachine({ ...sound, ...change }), code, named));

  test('Node is as package.json wants it', () => {
    expect(['20.18.9', '20.19.0', '21.9.0', '22.11.0', '22.12.0', '23.5.0', '24.0.0', '26.1.0'].map(isNodeSupported)).toEqual([false, true, false, false, true, false, true, true]);
  });
});

describe('the data directory', () => {
  const sound: DirectoryReading = {
    path: '.mesh', ownUid: 1000, brokenOnPurpose: [], managerDirectories: [{ path: '.mesh/managers/m1', mesh: 'village' }],
    privatePlaces: [{ path: '.mesh', uid: 1000, mode: 0 }, { path: '.mesh/context.json', uid: 1000, mode: 0o600 }],
  };
  const place = (change: object) => ({ privatePlaces: [{ path: '.mesh/context.json', uid: 1000, mode: 0o600, ...change }] });

  test('when sound gives nothing to say, also where users have no number', () => {
    expect(checkDirectory(sound, 'village', '')).toEqual([]);
    expect(checkDirectory({ ...sound, ownUid: null, ...place({ uid: 0 }) }, 'village', '')).toEqual([]);
  });

  test.each([
    ['directoryForeign', place({ uid: 0 }), 'uid 0; this is uid 1000'],
    ['directoryOpen', place({ mode: 0o604 }), 'context.json'],
    ['directoryOpen', place({ mode: 0o620 }), 'context.json'],
    ['otherMesh', { managerDirectories: [{ path: '.mesh/managers/m1', mesh: 'town' }] }, 'town'],
    ['brokenOnPurpose', { brokenOnPurpose: ['m3 is stopped', '2 links are cut'] }, 'm3 is stopped, 2 links are cut'],
  ] as const)('%s is found', (code, change, named) => expectOne(checkDirectory({ ...sound, ...change }, 'village', ''), code, named));
});

describe('the control plane', () => {
  const context: ControlPlaneContext = { mesh: 'village', commitIndex: 500, snapshotAgeMsMax: 600_000, lastWords: null, startControlPlane: 'mesh dev', findSnapshotFault: 'grep' };
  const answers: Extract<ControlPlaneAnswer, { readonly kind: 'answers' }> = { kind: 'answers', isReady: true, keyProblem: null, knowsMesh: true, snapshot: { index: 500, ageMs: 3_600_000 }, meshAgeMs: 9_000_000, goneHosts: [] };
  const check = (answer: ControlPlaneReading['answer'], change: Partial<ControlPlaneContext> = {}) => checkControlPlane({ url: 'http://127.0.0.1:7070', keyFile: 'admin-key', answer }, { ...context, ...change });

  test('when sound gives nothing to say: a snapshot of all that there is may be old, a young mesh may have none', () => {
    expect(check(answers)).toEqual([]);
    expect(check({ ...answers, snapshot: { index: 400, ageMs: 599_000 } })).toEqual([]);
    expect(check({ ...answers, snapshot: null, meshAgeMs: 1_000 })).toEqual([]);
    expect(check({ ...answers, snapshot: undefined })).toEqual([]);
    expect(check({ ...answers, snapshot: { index: 1, ageMs: 9e6 } }, { commitIndex: null })).toEqual([]);
    expect(check({ ...answers, goneHosts: [{ host: 'h1', silentForMs: 9e6, managers: [] }] })).toEqual([]);
  });

  test.each([
    ['controlPlaneUnreachable', { kind: 'unreachable', cause: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    ['controlPlaneForeign', { kind: 'foreign', cause: 'GET /healthz is answered with 404' }, '404'],
    ['storeUnreachable', { ...answers, isReady: false }, 'store'],
    ['keyRefused', { ...answers, keyProblem: { code: 'keyExpired', detail: 'This key has expired.' } }, 'keyExpired'],
    ['meshUnknown', { ...answers, knowsMesh: false, snapshot: undefined }, 'no mesh village'],
    ['snapshotOld', { ...answers, snapshot: { index: 400, ageMs: 3_600_000 } }, '60 min old, and 100 entries behind'],
    ['snapshotOld', { ...answers, snapshot: null }, 'no snapshot'],
    ['hostGone', { ...answers, goneHosts: [{ host: 'h1', silentForMs: 40_000, managers: ['m2'] }] }, 'h1 has not been heard for 40 s, and m2'],
  ] as const)('%s is found', (code, answer, named) => expectOne(check(answer), code, named));

  test('what its log said last is told', () => expectOne(check({ kind: 'unreachable', cause: 'ECONNREFUSED' }, { lastWords: 'its port is taken' }), 'controlPlaneUnreachable', 'its port is taken'));
});

const url = (id: string) => `http://127.0.0.1:808${id.slice(1)}`;
const statusOf = (id: string, change: Partial<ManagerStatus> = {}) => ({
  id, url: url(id), role: id === 'm1' ? 'leader' : 'follower', leader: 'm1', term: 3, commitIndex: 5_000, appliedIndex: 5_000, quiescent: false,
  managers: ['m1', 'm2', 'm3'].map((other) => ({ id: other, lastContactMs: other === id ? 0 : 40 })), ...change,
}) as unknown as ManagerStatus;
const serving = (id: string, change: Partial<Extract<ManagerAnswer, { readonly kind: 'status' }>> = {}): ManagerReading => ({
  id, url: url(id), damage: null, lastWords: null, start: `mesh manager start --data-dir ${id}`, rebuild: `mesh manager join ${id} --rebuild`,
  answer: { kind: 'status', first: statusOf(id), last: statusOf(id), notReady: null, speaksOurVersion: true, ...change },
});
const other = (id: string, answer: ManagerAnswer, change: Partial<ManagerReading> = {}): ManagerReading => ({ ...serving(id), answer, ...change });
const silent: ManagerAnswer = { kind: 'silent', cause: 'ECONNREFUSED' };

describe('managers', () => {
  const context: ManagerContext = { mesh: 'village', leader: statusOf('m1'), option: ' --data-dir x' };
  const m12 = [serving('m1'), serving('m2')];
  const behind = (entries: number) => statusOf('m3', { appliedIndex: 5_000 - entries });
  const unheard = (lastContactMs: number | null, quiescent = false) => statusOf('m1', { quiescent, managers: statusOf('m1').managers.map((each) => (each.id === 'm3' ? { ...each, lastContactMs } : each)) });

  test('when all is well give nothing to say: at rest nobody is heard, and who catches up does not lag', () => {
    expect(checkManagers([...m12, serving('m3')], context)).toEqual([]);
    expect(checkManagers([...m12, serving('m3')], { ...context, leader: unheard(3_600_000, true) })).toEqual([]);
    expect(checkManagers([...m12, serving('m3', { first: behind(4_000), last: behind(20) })], context)).toEqual([]);
    expect(checkManagers([...m12, serving('m3', { first: behind(0), last: behind(1_500) })], context)).toEqual([]);
    expect(checkManagers([...m12, serving('m3', { speaksOurVersion: null })], context)).toEqual([]);
    expect(checkManagers([...m12, serving('m3', { notReady: 'noLeader' })], context)).toEqual([]);
  });

  test.each([
    ['managerMissing', other('m3', silent), 'm3 does not answer at http://127.0.0.1:8083 (ECONNREFUSED)'],
    ['managerMissing', other('m3', silent, { lastWords: 'no space left' }), 'Its log ends with: no space left'],
    ['managerHangs', other('m3', { kind: 'hangs' }), 'm3'],
    ['managerStopped', other('m3', { kind: 'refused', code: 'managerStopped', detail: 'a flush failed' }), 'a flush failed'],
    ['managerForeign', other('m3', { kind: 'refused', code: 'tokenForeign', detail: 'not this mesh\'s key' }), 'tokenForeign'],
    ['storeDamaged', other('m3', silent, { damage: { code: 'logDamaged', detail: 'at byte 7' } }), 'at byte 7'],
    ['managerDiskFull', serving('m3', { notReady: 'diskFull' }), 'm3'],
    ['managerLags', serving('m3', { first: behind(2_000), last: behind(2_400) }), '2400 entries behind'],
    ['versionMismatch', serving('m3', { speaksOurVersion: false }), 'm3 runs another release than m1, m2'],
  ] as const)('%s is found', (code, m3, named) => {
    expectOne(checkManagers([...m12, m3], context), code, named);
  });

  test.each([[null, 'never'], [12_000, '12 s']] as const)('managerCutOff is found: heard %p ms ago', (lastContactMs, named) => {
    expectOne(checkManagers([...m12, serving('m3')], { ...context, leader: unheard(lastContactMs) }), 'managerCutOff', named);
  });

  test('all of another release than the command is one finding', () => {
    expectOne(checkManagers(['m1', 'm2', 'm3'].map((id) => serving(id, { speaksOurVersion: false })), context), 'versionMismatch', 'All managers');
  });

  test('one that is missing is a problem where the mesh cannot go on without it', () => {
    const severities = [statusOf('m1'), null].map((leader) => checkManagers([...m12, other('m3', silent)], { ...context, leader })[0]?.severity);
    expect(severities).toEqual(['warning', 'problem']);
  });
});

describe('the mesh', () => {
  const moment = (leader: string | null, term: number) => ({ leader, term });
  const agents = (...states: readonly (readonly [string, number | null])[]) => states.map(([status, lastSeenMs], at) => ({ id: `a${at}`, name: `bot${at}`, kind: 'cli', status, lastSeenMs })) as unknown as MeshStatus['agents'];
  const sound: MeshReading = {
    mesh: 'village', managers: ['m1', 'm2', 'm3'].map((id) => serving(id)), leaders: [moment('m1', 3), moment('m1', 3), moment('m1', 3), moment('m1', 3)], agents: agents(['alive', 10], ['alive', 10]),
    clocks: [{ who: 'the control plane', aheadMs: 900 }, { who: 'm1', aheadMs: -900 }], lookedForMs: 1_500, startAll: 'mesh dev', option: '',
  };

  test('when all is well gives nothing to say: one election, some who left, and one who fell silent are no news', () => {
    expect(checkMesh(sound)).toEqual([]);
    expect(checkMesh({ ...sound, leaders: [moment('m1', 3), moment(null, 3), moment('m2', 4), moment('m2', 4)] })).toEqual([]);
    expect(checkMesh({ ...sound, managers: [serving('m1'), serving('m2'), other('m3', silent)] })).toEqual([]);
    expect(checkMesh({ ...sound, agents: agents(['alive', 10], ['dead', 86_400_000], ['dead', null], ['dead', 86_400_000]) })).toEqual([]);
    expect(checkMesh({ ...sound, managers: [serving('m1'), serving('m2'), other('m3', silent), other('m4', silent)] })).toEqual([]);
    expect(checkMesh({ ...sound, agents: agents(['suspect', 3_000]) })).toEqual([]);
    expect(checkMesh({ ...sound, agents: agents(['alive', 10], ['alive', 10], ['alive', 10], ['dead', 3_000], ['suspect', 3_000]) })).toEqual([]);
  });

  test.each([
    ['noQuorum', { managers: [serving('m1'), other('m2', silent), other('m3', silent)], leaders: [moment(null, 3)] }, 'only m1 answers (not m2, m3)'],
    ['noQuorum', { managers: ['m1', 'm2', 'm3'].map((id) => other(id, silent)), leaders: [moment(null, 0)] }, 'none answers.'],
    ['noQuorum', { managers: [serving('m1'), serving('m2'), other('m3', silent), other('m4', silent)], leaders: [moment(null, 3)] }, 'only m1, m2 answer (not m3, m4)'],
    ['noLeader', { leaders: [moment(null, 3), moment(null, 9)] }, 'm1, m2, m3 answer'],
    ['leaderUnstable', { leaders: [moment('m1', 3), moment('m2', 4), moment('m3', 5)] }, 'm1 (term 3), m2 (term 4), m3 (term 5)'],
    ['leaderUnstable', { leaders: [moment('m1', 3), moment(null, 5), moment('m1', 8)] }, 'm1 (term 8)'],
    ['clockSkew', { clocks: [{ who: 'the control plane', aheadMs: 45_000 }, { who: 'm1', aheadMs: 300 }] }, 'the control plane by 45 s (ahead)'],
    ['clockSkew', { clocks: [{ who: 'the control plane', aheadMs: 0 }, { who: 'm1', aheadMs: -90_000 }] }, 'm1 by 90 s (behind)'],
    ['clockSkew', { clocks: [{ who: 'the control plane', aheadMs: -300_000 }, { who: 'm1', aheadMs: -300_000 }] }, 'This machine\'s clock'],
    ['agentsSilent', { agents: agents(['alive', 10], ['suspect', 3_000], ['dead', 30_000]) }, '2 of 3 agents'],
  ] as const)('%s is found', (code, change, named) => expectOne(checkMesh({ ...sound, ...change }), code, named));
});

test('where disks are full, a mesh without a leader needs room', () => {
  const managers = ['m1', 'm2', 'm3'].map((id) => serving(id, { notReady: 'diskFull' }));
  const [finding] = checkMesh({ mesh: 'village', managers, leaders: [{ leader: null, term: 3 }], agents: [], clocks: [], lookedForMs: 1_500, startAll: 'mesh dev', option: '' });
  expect(finding).toMatchObject({ code: 'noLeader', next: expect.stringMatching(/^df -h /) });
});

test('a mesh of which nothing runs is one finding, and one command brings it back', () => expectOne([nothingRuns('village', 'mesh dev')], 'notRunning', 'village'));

test('a token that managers refuse is found', () => {
  expect(checkToken(null, 'mesh dev')).toEqual([]);
  expectOne(checkToken({ code: 'tokenExpired', detail: 'The token has expired.' }, 'mesh dev'), 'tokenRefused', 'tokenExpired');
});

describe('the next step', () => {
  const state = { app: 'a', host: '127.0.0.1', controlPlanePort: 7070, mesh: 'village', managers: [{ id: 'm1', port: 7071 }] } as unknown as NonNullable<Situation['state']>;
  const here: Situation = { directory: '/nowhere/.mesh', state, devRuns: false, remote: undefined, controlPlane: 'http://127.0.0.1:7070' };

  test('names the directory, or what else says which mesh is meant', () => {
    expect(nextSteps(here).startControlPlane).toMatch(/^mesh dev --data-dir \/nowhere\/\.mesh {3}/);
    expect(nextSteps({ ...here, remote: { controlPlane: 'http://plane', mesh: 'village', keyFile: 'k' } }).rebuild('m1')).toMatch(/^mesh manager join m1 --rebuild --control-plane http:\/\/plane --mesh village --key-file k {3}/);
  });

  test('is to look at a log where mesh dev starts parts again, and to start them where it does not run', () => {
    expect(nextSteps({ ...here, devRuns: true }).startControlPlane).toMatch(/^tail .*control-plane\.log {3}/);
    expect(nextSteps(here).startAll(false)).toMatch(/^mesh dev/);
    expect(nextSteps({ ...here, state: null }).startAll(false)).toMatch(/^mesh manager start/);
    expect(nextSteps(here).startAll(true)).toMatch(/^mesh snapshot restore/);
  });

  test('for a manager whose disk is gone is to join anew, and for one of another machine to start it there', () => {
    expect(nextSteps(here).start('m1')).toMatch(/^mesh manager join m1 /);
    expect(nextSteps(here).start('m2')).toMatch(/^mesh manager start --data-dir DIR {3}\(on its machine/);
  });
});

describe('the report', () => {
  const finding = (code: Finding['code'], severity: Finding['severity']): Finding => ({ code, severity, what: `${code}.`, why: 'It does.', next: 'mesh x   (or y)' });
  const mesh = { mesh: 'village', controlPlane: 'http://127.0.0.1:7070', managers: 3, leader: 'm1' };

  test('the gravest comes first, and gives the exit code; warnings alone give none', () => {
    const found = [finding('emulatorVariable', 'warning'), finding('managerCutOff', 'problem'), finding('noQuorum', 'problem'), finding('brokenOnPurpose', 'warning')];
    expect(gravestFirst(found).map(({ code }) => code)).toEqual(['noQuorum', 'managerCutOff', 'emulatorVariable', 'brokenOnPurpose']);
    expect(exitCodeOf(found)).toBe(5);
    expect([exitCodeOf([]), exitCodeOf([finding('noQuorum', 'warning')])]).toEqual([0, 0]);
    expect(['noLeader', 'storeDamaged', 'keyRefused', 'tokenRefused', 'portTaken', 'clockSkew'].map((code) => exitCodeOfFinding[code as Finding['code']])).toEqual([5, 8, 4, 4, 7, 1]);
  });

  test('says what was looked at, and of each finding what, why, and the next command by itself in its line', () => {
    expect(report({ findings: [], mesh })).toBe('Looked at this machine, mesh village (3 managers, leader m1) and its control plane at http://127.0.0.1:7070.\nNothing is wrong that mesh doctor knows of.');
    expect(report({ findings: [finding('portTaken', 'problem'), finding('agentsSilent', 'warning')], mesh: null })).toBe([
      'Looked at this machine.\nFound 1 problem and 1 warning.',
      '✗ portTaken.\n  Why it matters: It does.\n  Next: mesh x\n        (or y)\n  [portTaken]',
      '! agentsSilent.\n  Why it matters: It does.\n  Next: mesh x\n        (or y)\n  [agentsSilent]',
    ].join('\n\n'));
  });

  test('times are told in the unit that fits', () => expect([900, 2_500, 90_000, 600_000, 7_200_000].map(timeOf)).toEqual(['900 ms', '3 s', '90 s', '10 min', '2 h']));
});
