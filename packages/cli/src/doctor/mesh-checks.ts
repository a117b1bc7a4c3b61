import type { MeshStatus } from '@raft-mesh/protocol';
import type { Finding } from './finding.ts';

/** What is looked at of a mesh and its control plane. */
export interface MeshReading {
  /** `null`: the data directory knows no mesh. */
  readonly context: { readonly mesh: string; readonly controlPlane: string } | null;
  readonly directory: string;
  /** Data directories of managers here, and the mesh that each belongs to. */
  readonly managerDirectories: readonly { readonly path: string; readonly mesh: string }[];
  /** How the control plane answered; `null`: not at all. `clockAheadMs`: how far its clock is before this one. */
  readonly controlPlane: { readonly clockAheadMs: number; readonly keyProblem: { readonly code: string; readonly detail: string } | null } | null;
  readonly status: MeshStatus | null;
}

/** Tokens are good for 60 s more than they say. */
const clockSkewMsMax = 30_000;

export function checkMesh({ context, directory, managerDirectories, controlPlane, status }: MeshReading): readonly Finding[] {
  if (context === null) return [{ code: 'meshUnknown', severity: 'warning', what: `No mesh is known in ${directory}.`, fix: 'mesh dev   (or name its folder: --data-dir DIR)' }];
  const findings: Finding[] = [];
  for (const { path, mesh } of managerDirectories) {
    if (mesh !== context.mesh) findings.push({ code: 'otherMesh', severity: 'problem', what: `${path} belongs to mesh ${mesh}, not to ${context.mesh}.`, fix: 'Give the manager its own directory (--data-dir), or begin anew: mesh dev --fresh' });
  }
  if (controlPlane === null) findings.push({ code: 'controlPlaneUnreachable', severity: 'problem', what: `The control plane at ${context.controlPlane} does not answer. The mesh goes on; nobody new can join.`, fix: 'mesh dev   (or mesh control-plane start); then look at its address and the network' });
  else {
    const aheadMs = controlPlane.clockAheadMs;
    if (Math.abs(aheadMs) > clockSkewMsMax) findings.push({ code: 'clockSkew', severity: 'problem', what: `The clock of the control plane is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's: tokens are refused from 60 s on.`, fix: 'Set both clocks by NTP: timedatectl set-ntp true' });
    if (controlPlane.keyProblem !== null) findings.push({ code: 'keyRefused', severity: 'problem', what: `The control plane refuses the key (${controlPlane.keyProblem.code}): ${controlPlane.keyProblem.detail}`, fix: 'Make another: mesh key create   (with a key that is good)' });
  }
  if (status === null) return findings;
  const missing = status.managers.filter(({ role }) => role === 'unreachable').map(({ id }) => id);
  if (status.leader === null) findings.push({ code: 'noQuorum', severity: 'problem', what: `The mesh has no leader; of ${status.managers.length} managers ${missing.length} do not answer (${missing.join(', ') || 'none'}).`, fix: 'Start those that are missing: mesh manager start   (all disks are gone: mesh snapshot restore)' });
  else if (missing.length > 0) findings.push({ code: 'managersMissing', severity: 'warning', what: `${missing.join(', ')} of ${status.managers.length} managers ${missing.length === 1 ? 'does' : 'do'} not answer; the mesh goes on with the others.`, fix: `mesh manager start   (its disk is gone: mesh manager join ${missing[0] ?? ''})` });
  return findings;
}
