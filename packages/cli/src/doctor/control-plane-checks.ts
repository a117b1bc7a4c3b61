import type { Finding } from './finding.ts';

/** How the control plane answered. `unreachable`, `foreign`: why, for people. */
export type ControlPlaneAnswer =
  | { readonly kind: 'unreachable'; readonly cause: string }
  | { readonly kind: 'foreign'; readonly cause: string }
  | {
    readonly kind: 'answers';
    /** Its store answers too. */
    readonly isReady: boolean;
    /** Why it does not take our key; `null`: it does. */
    readonly keyProblem: { readonly code: string; readonly detail: string } | null;
    /** It knows the mesh, or did not say. */
    readonly knowsMesh: boolean;
    /** The last snapshot that it keeps, `null` for none; `undefined` when that could not be asked. */
    readonly snapshot: { readonly index: number; readonly ageMs: number } | null | undefined;
    /** By its own clock. */
    readonly meshAgeMs: number | null;
    /** Hosts that are gone, and the managers of this mesh that are placed on them. */
    readonly goneHosts: readonly { readonly host: string; readonly silentForMs: number; readonly managers: readonly string[] }[];
  };

export interface ControlPlaneReading {
  readonly url: string;
  readonly keyFile: string;
  readonly answer: ControlPlaneAnswer;
}

/** `commitIndex`: what the mesh has; `null` when no manager told. */
export interface ControlPlaneContext {
  readonly mesh: string;
  readonly commitIndex: number | null;
  readonly snapshotAgeMsMax: number;
  /** Why it ended, as the end of its log says where that is here; `null`: not known. */
  readonly lastWords: string | null;
  /** The next step where it does not run, and where no snapshot comes. */
  readonly startControlPlane: string;
  readonly findSnapshotFault: string;
}

export function checkControlPlane({ url, keyFile, answer }: ControlPlaneReading, { mesh, commitIndex, snapshotAgeMsMax, lastWords, startControlPlane, findSnapshotFault }: ControlPlaneContext): readonly Finding[] {
  switch (answer.kind) {
    case 'unreachable': return [{ code: 'controlPlaneUnreachable', severity: 'problem', what: `The control plane at ${url} does not answer (${answer.cause}).${lastWords === null ? '' : ` Its log ends with: ${lastWords}`}`, why: 'The mesh needs it to let newcomers in and to keep snapshots, and for nothing else.', next: startControlPlane }];
    case 'foreign': return [{ code: 'controlPlaneForeign', severity: 'problem', what: `What answers at ${url} is no control plane (${answer.cause}).`, why: 'Nobody new can join there, and the key is sent to a stranger.', next: `curl -i ${url}/healthz   (shows who it is; then correct the address, or end it and: ${startControlPlane})` }];
    case 'answers': break;
  }
  const findings: Finding[] = [];
  if (!answer.isReady) findings.push({ code: 'storeUnreachable', severity: 'problem', what: `The control plane at ${url} runs, but its store does not answer.`, why: 'It can give out no token and keep no snapshot until its files, or Firestore, answer again.', next: `curl ${url}/readyz   (asks again; then look at its log, its disk and its way to Firestore)` });
  if (answer.keyProblem !== null) findings.push({ code: 'keyRefused', severity: 'problem', what: `The control plane refuses the key in ${keyFile} (${answer.keyProblem.code}): ${answer.keyProblem.detail}`, why: 'Commands that need it end with exit code 4; what only managers answer still works.', next: `mesh key create NAME --role admin --control-plane ${url} --key-file GOOD   (with a key that is good; then --key-file its file)` });
  if (!answer.knowsMesh) findings.push({ code: 'meshUnknown', severity: 'problem', what: `The control plane at ${url} knows no mesh ${mesh}.`, why: 'It can let nobody into it, and keeps no snapshot of it: it is another control plane, its data were lost, or the mesh was deleted.', next: `mesh list --control-plane ${url} --key-file ${keyFile}   (the meshes that it knows)` });
  const { snapshot } = answer;
  const isBehind = commitIndex !== null && commitIndex > 0 && snapshot !== undefined && (snapshot === null ? (answer.meshAgeMs ?? 0) > snapshotAgeMsMax : snapshot.ageMs > snapshotAgeMsMax && snapshot.index < commitIndex);
  if (isBehind) {
    findings.push({
      code: 'snapshotOld', severity: 'warning', what: snapshot === null ? `The control plane keeps no snapshot of mesh ${mesh}.` : `The last snapshot that the control plane keeps is ${timeOf(snapshot?.ageMs ?? 0)} old, and ${commitIndex - (snapshot?.index ?? 0)} entries behind the mesh.`,
      why: 'If the disks of all managers are lost, everything after it is lost too.', next: findSnapshotFault,
    });
  }
  for (const { host, silentForMs, managers } of answer.goneHosts) {
    if (managers.length === 0) continue;
    findings.push({ code: 'hostGone', severity: 'warning', what: `Host ${host} has not been heard for ${timeOf(silentForMs)}, and ${managers.join(', ')} of mesh ${mesh} ${managers.length === 1 ? 'is' : 'are'} placed on it.`, why: 'No other host has room for them: the mesh can lose fewer managers until they are back.', next: `mesh host start --data-dir DIR --control-plane ${url}   (on that machine, with its directory; or offer another: --name NAME --key-file ${keyFile})` });
  }
  return findings;
}

export function timeOf(ms: number): string {
  const units = [['h', 3_600_000], ['min', 60_000], ['s', 1_000]] as const;
  const [unit, unitMs] = units.find(([, each]) => ms >= each * 2) ?? ['ms', 1];
  return `${Math.round(ms / unitMs)} ${unit}`;
}
