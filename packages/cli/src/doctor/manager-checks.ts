import type { ManagerStatus } from '@raft-mesh/protocol';
import { timeOf } from './control-plane-checks.ts';
import type { Finding } from './finding.ts';

/** How a manager's own address answered. */
export type ManagerAnswer =
  /** Nobody listens there, or it cannot be reached. */
  | { readonly kind: 'silent'; readonly cause: string }
  /** It takes connections and says nothing. */
  | { readonly kind: 'hangs' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  | {
    readonly kind: 'status';
    /** What it said at first, and a moment later. */
    readonly first: ManagerStatus;
    readonly last: ManagerStatus;
    /** Why it cannot serve now, as a code; `null`: it can. */
    readonly notReady: string | null;
    /** `null`: it cannot be told. */
    readonly speaksOurVersion: boolean | null;
  };

export interface ManagerReading {
  readonly id: string;
  readonly url: string;
  readonly answer: ManagerAnswer;
  /** What is wrong with its disk, where that is here and nobody uses it. */
  readonly damage: { readonly code: string; readonly detail: string } | null;
  /** Why it ended, as the end of its log says where that is here; `null`: not known. */
  readonly lastWords: string | null;
  /** The command that starts it, and the one that brings it back with an empty disk. */
  readonly start: string;
  readonly rebuild: string;
}

/** What commands need to mean this mesh, with a space before it. */
export interface ManagerContext { readonly mesh: string; readonly leader: ManagerStatus | null; readonly option: string }

/** A leader hears from everyone twenty times a second. */
const contactMsMax = 2_000;
/** A moment's worth of writes of a busy mesh is on its way at any time. */
const lagEntriesMax = 1_000;

export function checkManagers(managers: readonly ManagerReading[], context: ManagerContext): readonly Finding[] {
  return [...managers.flatMap((manager) => checkManager(manager, context)), ...checkVersions(managers)];
}

function checkManager({ id, url, answer, damage, lastWords, start, rebuild }: ManagerReading, { mesh, leader, option }: ManagerContext): readonly Finding[] {
  // Without a leader there is a finding of its own that says more.
  const severity = leader === null ? 'problem' : 'warning';
  const goesOn = leader === null ? 'The mesh needs it to have a majority again.' : 'The mesh goes on with the others, and can lose one manager fewer.';
  if (damage !== null) return [{ code: 'storeDamaged', severity: 'problem', what: `What ${id} has on its disk is damaged (${damage.code}): ${damage.detail}`, why: `It does not start with it, for it could vote twice. ${goesOn}`, next: rebuild }];
  switch (answer.kind) {
    case 'silent': return [{ code: 'managerMissing', severity, what: `Manager ${id} does not answer at ${url} (${answer.cause}).${lastWords === null ? '' : ` Its log ends with: ${lastWords}`}`, why: goesOn, next: start }];
    case 'hangs': return [{ code: 'managerHangs', severity, what: `Manager ${id} takes connections at ${url}, and says nothing: its process hangs, or is stopped.`, why: goesOn, next: `ss -ltnp 'sport = :${new URL(url).port}'   (on its machine: names the process; kill -CONT lets it go on, kill -9 ends it)` }];
    case 'refused': return [answer.code === 'managerStopped'
      ? { code: 'managerStopped', severity, what: `Manager ${id} at ${url} has stopped for good: ${answer.detail}`, why: goesOn, next: start }
      : { code: 'managerForeign', severity: 'problem', what: `What answers at ${url} is not manager ${id} of mesh ${mesh} as it is now (${answer.code}): ${answer.detail}`, why: 'Another program has its address, or a manager of another mesh or of an earlier incarnation still runs there.', next: `ss -ltnp 'sport = :${new URL(url).port}'   (on its machine: names the process; end it, then ${start})` }];
    case 'status': break;
  }
  return checkServing(id, url, answer, leader, option);
}

function checkServing(id: string, url: string, { first, last, notReady }: Extract<ManagerAnswer, { readonly kind: 'status' }>, leader: ManagerStatus | null, option: string): readonly Finding[] {
  const findings: Finding[] = [];
  if (notReady === 'diskFull') findings.push({ code: 'managerDiskFull', severity: 'problem', what: `The disk of ${id} takes nothing more.`, why: 'It refuses what must be written; with a majority in that state the mesh refuses every command.', next: 'df -h   (on its machine: make room; it goes on by itself)' });
  if (leader === null || id === leader.id) return findings;
  const contactMs = leader.managers.find((manager) => manager.id === id)?.lastContactMs ?? null;
  if (!leader.quiescent && (contactMs === null || contactMs > contactMsMax)) {
    findings.push({ code: 'managerCutOff', severity: 'problem', what: `Manager ${id} answers here, but the leader ${leader.id} ${contactMs === null ? 'never heard from it' : `has not heard from it for ${timeOf(contactMs)}`}.`, why: 'It has no part in what the mesh decides: the mesh can lose one manager fewer, and workers that ask it wait.', next: `mesh status --manager ${id}${option}   (how it sees the mesh; then the network from its machine to ${url} and back, and its log)` });
    return findings;
  }
  const [before, now] = [leader.commitIndex - first.appliedIndex, leader.commitIndex - last.appliedIndex];
  if (now > lagEntriesMax && before > lagEntriesMax) findings.push({ code: 'managerLags', severity: 'warning', what: `Manager ${id} is ${now} entries behind the leader ${leader.id}.`, why: 'Workers that watch through it see what was; if the leader dies it needs so much longer.', next: `mesh status${option}   (again in a minute: APPLIED should come closer. If it does not, its machine, its disk or its link is too slow)` });
  return findings;
}

function checkVersions(managers: readonly ManagerReading[]): readonly Finding[] {
  const told = managers.flatMap(({ id, answer }) => (answer.kind === 'status' && answer.speaksOurVersion !== null ? [{ id, ours: answer.speaksOurVersion }] : []));
  const others = told.filter(({ ours }) => !ours).map(({ id }) => id);
  if (others.length === 0) return [];
  return others.length === told.length
    ? [{ code: 'versionMismatch', severity: 'problem', what: `All managers run another release than this \`mesh\`.`, why: 'Bots and commands that connect as workers are refused.', next: 'npm ci && npm run build   (of the release that the managers run)' }]
    : [{ code: 'versionMismatch', severity: 'problem', what: `${others.join(', ')} run${others.length === 1 ? 's' : ''} another release than ${told.filter(({ ours }) => ours).map(({ id }) => id).join(', ')}.`, why: 'Managers of different protocol versions refuse each other: it has no part in the mesh.', next: 'npm ci && npm run build   (the same release on its machine; then start it again)' }];
}
