import type { Finding } from './finding.ts';

/** What is looked at of the data directory. */
export interface DirectoryReading {
  readonly path: string;
  /** What in it should belong to us alone: secrets, and the directory itself. `mode`: the permission bits. */
  readonly privatePlaces: readonly { readonly path: string; readonly uid: number; readonly mode: number }[];
  /** `null` where users have no number. */
  readonly ownUid: number | null;
  /** Of managers, and the mesh that each belongs to. */
  readonly managerDirectories: readonly { readonly path: string; readonly mesh: string }[];
  /** What chaos commands have broken and nobody has put right. */
  readonly brokenOnPurpose: readonly string[];
}

const othersMay = 0o077;

/** `mesh`: the one that the directory is of. `option`: as the data directory is named on the command line, with a space before it. */
export function checkDirectory({ path, privatePlaces, ownUid, managerDirectories, brokenOnPurpose }: DirectoryReading, mesh: string, option: string): readonly Finding[] {
  const findings: Finding[] = [];
  const foreign = privatePlaces.filter(({ uid }) => ownUid !== null && uid !== ownUid);
  if (foreign.length > 0) {
    findings.push({ code: 'directoryForeign', severity: 'problem', what: `${listed(foreign)} belong${foreign.length === 1 ? 's' : ''} to another user (uid ${foreign[0]?.uid ?? ''}; this is uid ${ownUid ?? ''}).`, why: 'What one user writes there the other cannot read or replace: a manager or a command fails half-way.', next: `sudo chown -R "$(id -un)" ${path}   (or run mesh as the user who owns it)` });
  }
  const open = privatePlaces.filter(({ mode }) => (mode & othersMay) !== 0);
  if (open.length > 0) {
    findings.push({ code: 'directoryOpen', severity: 'problem', what: `Others on this machine may read or change ${listed(open)}.`, why: 'Keys and tokens lie there: who has them is an admin of the mesh.', next: `chmod -R go-rwx ${path}   (then, if others may have looked: mesh dev --fresh, or new keys)` });
  }
  for (const { path: managerPath, mesh: other } of managerDirectories) {
    if (other !== mesh) findings.push({ code: 'otherMesh', severity: 'problem', what: `${managerPath} belongs to mesh ${other}, not to ${mesh}.`, why: 'A manager of another mesh is no manager of this one: it is refused.', next: `mv ${managerPath} ${managerPath}.${other}   (out of the way; then mesh dev${option})` });
  }
  if (brokenOnPurpose.length > 0) {
    findings.push({ code: 'brokenOnPurpose', severity: 'warning', what: `Broken on purpose, and not put right yet: ${brokenOnPurpose.join(', ')}.`, why: 'Other findings here may come of it.', next: `mesh chaos heal${option}` });
  }
  return findings;
}

function listed(places: readonly { readonly path: string }[]): string {
  return `${places[0]?.path ?? ''}${places.length > 1 ? ` and ${places.length - 1} more` : ''}`;
}
