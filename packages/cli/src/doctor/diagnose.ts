import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createControlPlaneClient, managerStoreDamage, type ControlPlaneClient } from '@raft-mesh/mesh-node';
import type { MeshDescription } from '@raft-mesh/protocol';
import { loadContext, type Context } from '../context.ts';
import { isDevRunning } from '../dev/dev-lock.ts';
import { loadDevState, type DevState } from '../dev/layout.ts';
import { checkControlPlane } from './control-plane-checks.ts';
import { checkDirectory } from './directory-checks.ts';
import { gravestFirst, type Finding } from './finding.ts';
import { checkMachine } from './machine-checks.ts';
import { checkManagers, type ManagerReading } from './manager-checks.ts';
import { checkMesh, checkToken, nothingRuns } from './mesh-checks.ts';
import { nextSteps, shown, type NextSteps } from './next-steps.ts';
import { readControlPlane, type ControlPlaneSeen } from './read-control-plane.ts';
import { readDirectory, readMachine } from './read-directory.ts';
import { lookedForMs, readManagers, type ManagersSeen } from './read-managers.ts';

const defaultPort = 7070;
const minuteSeconds = 60;

export interface DiagnoseOptions {
  readonly directory: string;
  /** Looks as this key, instead of the admin key of the mesh here. */
  readonly keyFile?: string;
  /** Looks at this mesh of this control plane, instead of the one that the directory knows. Needs a key. */
  readonly remote?: { readonly controlPlane: string; readonly mesh: string; readonly keyFile: string };
  /** A kept snapshot that is older is a finding. */
  readonly snapshotAgeMsMax: number;
}

export interface Diagnosis {
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** What was looked at; `null`: no mesh is known. */
  readonly mesh: { readonly mesh: string; readonly controlPlane: string; readonly managers: number; readonly leader: string | null } | null;
}

/** Which mesh is looked at, and by what right. */
interface Target {
  readonly description: MeshDescription | null;
  readonly mesh: MeshDescription['mesh'];
  readonly controlPlane: string;
  readonly keyFile: string;
  readonly client: ControlPlaneClient;
  /** What other commands would use; `null`: they make one. */
  readonly token: string | null;
}

/** Looks at this machine, a mesh and its control plane. Changes nothing. */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  const { directory, remote } = options;
  const target = await targetOf(options);
  const state = remote === undefined ? await loadDevState(directory).catch(() => null) : null;
  if (target === null) {
    const machine = await readMachine(directory, [state?.controlPlanePort ?? defaultPort], state?.host ?? '127.0.0.1');
    const unknown: Finding = { code: 'meshUnknown', severity: 'warning', what: `No mesh is known in ${directory}.`, why: 'Only this machine was looked at.', next: 'mesh dev   (makes one; or name its folder: --data-dir DIR; or another machine\'s: --control-plane URL --mesh ID --key-file FILE)' };
    return { findings: gravestFirst([...checkMachine(machine), unknown]), mesh: null };
  }
  const plane = await readControlPlane(target.controlPlane, target.client, target.mesh);
  const description = plane.mesh ?? target.description;
  const devRuns = state !== null && await isDevRunning(directory);
  const steps = nextSteps({ directory, state, devRuns, remote, controlPlane: target.controlPlane });
  const seen = await seeManagers(target, description, plane);
  const managers = await Promise.all((description?.managers ?? []).map(({ id, url }) => managerReading(id, url, seen.managers, steps)));
  const leader = seen.managers?.leader ?? null;
  const local = remote === undefined ? await localFindings(directory, target, steps, state, plane, managers) : checkMachine(await readMachine(directory, [], '127.0.0.1'));
  // No log and no manager by itself says more than that.
  const isDown = state !== null && !devRuns && plane.answer.kind === 'unreachable' && managers.length > 0 && managers.every(({ answer, damage }) => answer.kind === 'silent' && damage === null);
  const findings = isDown ? [...local, nothingRuns(target.mesh, steps.startAll(false))] : [
    ...local,
    ...checkControlPlane({ url: target.controlPlane, keyFile: shown(target.keyFile), answer: plane.answer }, {
      mesh: target.mesh, commitIndex: seen.managers?.status.commitIndex ?? null, snapshotAgeMsMax: options.snapshotAgeMsMax, lastWords: plane.answer.kind === 'unreachable' ? await steps.lastWords('control-plane') : null, startControlPlane: steps.startControlPlane, findSnapshotFault: steps.findSnapshotFault(leader?.id ?? null),
    }),
    ...checkToken(seen.tokenProblem, steps.renewToken),
    ...(seen.managers === null ? [] : [
      ...checkManagers(managers, { mesh: target.mesh, leader, option: steps.option }),
      ...checkMesh({
        mesh: target.mesh, managers, leaders: seen.managers.leaders, agents: seen.managers.status.agents, lookedForMs, startAll: steps.startAll(managers.filter(({ answer, damage }) => answer.kind !== 'status' && damage !== null).length * 2 > managers.length), option: steps.option,
        clocks: [...(plane.aheadMs === null ? [] : [{ who: 'the control plane', aheadMs: plane.aheadMs }]), ...seen.managers.clocks],
      }),
    ]),
  ];
  return { findings: gravestFirst(findings), mesh: { mesh: target.mesh, controlPlane: target.controlPlane, managers: managers.length, leader: leader?.id ?? null } };
}

async function targetOf({ directory, keyFile, remote }: DiagnoseOptions): Promise<Target | null> {
  if (remote !== undefined) {
    const adminKey = (await readFile(remote.keyFile, 'utf8')).trim();
    return { description: null, mesh: remote.mesh as MeshDescription['mesh'], controlPlane: remote.controlPlane.replace(/\/+$/, ''), keyFile: remote.keyFile, client: createControlPlaneClient({ url: remote.controlPlane, adminKey }), token: null };
  }
  const context: Context | null = await loadContext(directory).catch(() => null);
  if (context === null) return null;
  const used = keyFile ?? context.adminKeyFile;
  const adminKey = (await readFile(used, 'utf8').catch(() => '')).trim();
  return { description: context.mesh, mesh: context.mesh.mesh, controlPlane: context.controlPlane, keyFile: used, client: createControlPlaneClient({ url: context.controlPlane, adminKey }), token: context.operateToken };
}

/** With the token that commands use; where managers refuse that, with a new one, so that the rest can be told all the same. */
async function seeManagers(target: Target, description: MeshDescription | null, plane: ControlPlaneSeen): Promise<{ readonly managers: ManagersSeen | null; readonly tokenProblem: { readonly code: string; readonly detail: string } | null }> {
  if (description === null) return { managers: null, tokenProblem: null };
  const newToken = async (): Promise<string | null> => {
    if (plane.answer.kind !== 'answers') return null;
    const made = await target.client.createOperateToken(target.mesh, { accessRole: 'admin', expiresInSeconds: minuteSeconds });
    return made.ok ? made.value.token : null;
  };
  const token = target.token ?? await newToken();
  if (token === null) return { managers: null, tokenProblem: null };
  const managers = await readManagers(description.mesh, description.managers, token);
  const refusals = [...managers.answers.values()].flatMap((answer) => (answer.kind === 'refused' && answer.code.match(/^token|^wrongIncarnation$/) !== null ? [answer] : []));
  const [refusal] = refusals;
  // One that refuses what others take is another's manager; what all refuse is a bad token.
  if (target.token === null || refusal === undefined || [...managers.answers.values()].some(({ kind }) => kind === 'status')) return { managers, tokenProblem: null };
  const better = await newToken();
  return { managers: better === null ? null : await readManagers(description.mesh, description.managers, better), tokenProblem: { code: refusal.code, detail: refusal.detail } };
}

async function managerReading(id: string, url: string, seen: ManagersSeen | null, steps: NextSteps): Promise<ManagerReading> {
  const answer = seen?.answers.get(id) ?? { kind: 'silent', cause: 'not asked' } as const;
  const home = steps.homeOf(id);
  const damage = answer.kind === 'silent' && home !== null ? await managerStoreDamage(home).catch(() => null) : null;
  const lastWords = answer.kind === 'silent' ? await steps.lastWords(id) : null;
  return { id, url, answer, damage, lastWords, start: steps.start(id), rebuild: steps.rebuild(id) };
}

async function localFindings(directory: string, target: Target, steps: NextSteps, state: DevState | null, plane: ControlPlaneSeen, managers: readonly ManagerReading[]): Promise<readonly Finding[]> {
  // Who answers at its own port has it rightly, and so has who is there and hangs.
  const wanted = [
    ...(plane.answer.kind === 'unreachable' ? [state?.controlPlanePort ?? Number(new URL(target.controlPlane).port)] : []),
    ...(state?.managers ?? []).filter(({ id }) => managers.find((manager) => manager.id === id)?.answer.kind === 'silent').map(({ port }) => port),
  ].filter((port) => port > 0);
  const [machine, reading] = await Promise.all([readMachine(directory, wanted, state?.host ?? '127.0.0.1'), existsSync(directory) ? readDirectory(directory) : null]);
  return [...checkMachine(machine), ...(reading === null ? [] : checkDirectory({ ...reading, path: shown(reading.path) }, target.mesh, steps.option))];
}
