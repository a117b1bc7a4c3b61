import type { MeshStatus } from '@raft-mesh/protocol';
import type { Finding } from './finding.ts';
import type { ManagerReading } from './manager-checks.ts';
import { timeOf } from './control-plane-checks.ts';

/** What all of them say together. */
export interface MeshReading {
  readonly mesh: string;
  readonly managers: readonly ManagerReading[];
  /** Who led, at each of the moments that were looked at, and in which term. */
  readonly leaders: readonly { readonly leader: string | null; readonly term: number }[];
  readonly agents: MeshStatus['agents'];
  /** How far their clocks are before this machine's; `who`: a manager's id, or `the control plane`. */
  readonly clocks: readonly { readonly who: string; readonly aheadMs: number }[];
  readonly lookedForMs: number;
  /** The next step where no majority is up. */
  readonly startAll: string;
  readonly option: string;
}

/** Tokens are good for 60 s more than they say. */
const clockSkewMsMax = 30_000;
/** Whoever was heard a shorter time ago has been lost lately; who left long ago is no news. */
const lostLatelyMs = 10 * 60_000;
const silentAgentsMin = 2;

export function checkMesh(reading: MeshReading): readonly Finding[] {
  return [...checkLeader(reading), ...checkClocks(reading), ...checkAgents(reading)];
}

/** `tokenProblem`: why managers refuse the token of the data directory; `null`: they do not. */
export function checkToken(tokenProblem: { readonly code: string; readonly detail: string } | null, renewToken: string): readonly Finding[] {
  if (tokenProblem === null) return [];
  return [{ code: 'tokenRefused', severity: 'problem', what: `Managers refuse the token of this directory (${tokenProblem.code}): ${tokenProblem.detail}`, why: 'mesh status and chaos commands take every manager for unreachable.', next: renewToken }];
}

function checkLeader({ mesh, managers, leaders, lookedForMs, startAll, option }: MeshReading): readonly Finding[] {
  const answering = managers.filter(({ answer }) => answer.kind === 'status').map(({ id }) => id);
  const known = leaders.flatMap(({ leader, term }) => (leader === null ? [] : [`${leader} in ${term}`]));
  // Who is being added or taken out is listed too: whoever leads has a majority.
  if (leaders.at(-1)?.leader === null && answering.length * 2 <= managers.length) {
    const missing = managers.filter(({ id }) => !answering.includes(id)).map(({ id }) => id);
    const who = answering.length === 0 ? 'none answers' : `only ${answering.join(', ')} answer${answering.length === 1 ? 's' : ''} (not ${missing.join(', ')})`;
    return [{ code: 'noQuorum', severity: 'problem', what: `Mesh ${mesh} has no majority: of ${managers.length} managers ${who}.`, why: 'Nothing can be written or read for certain until a majority is back; nothing acknowledged is lost meanwhile.', next: startAll }];
  }
  const full = managers.filter(({ answer }) => answer.kind === 'status' && answer.notReady === 'diskFull');
  if (known.length === 0) return [{ code: 'noLeader', severity: 'problem', what: `Mesh ${mesh} has no leader, although ${answering.join(', ')} answer here.`, ...(full.length > 0 ? noLeaderForDisks : { why: 'Nothing can be written. An election takes less than a second where managers reach each other: they do not, or their disks hang.', next: `mesh status --manager ${answering[0] ?? ''}${option}   (whom it hears; then the network between the managers, and their logs)` }) }];
  const changes = known.filter((each, at) => at > 0 && each !== known[at - 1]).length;
  const terms = leaders.map(({ term }) => term);
  // One change is an election that just was.
  if (changes > 1 || Math.max(...terms) - Math.min(...terms) > 1) {
    return [{ code: 'leaderUnstable', severity: 'warning', what: `The leader changed ${changes} times within ${timeOf(lookedForMs)}: ${[...new Set(known)].map((each) => each.replace(' in ', ' (term ')).join('), ')}).`, why: 'Each change stops writes for a moment. A leader loses its place when its machine, disk or links are too slow for its heartbeats (every 50 ms).', next: `mesh status${option}   (again: TERM should stand still. If it rises, move the managers to quicker machines or disks)` }];
  }
  return [];
}

/** Where a `mesh dev` was, and no part of it is left: one cause, and one thing to do. */
export function nothingRuns(mesh: string, startAll: string): Finding {
  return { code: 'notRunning', severity: 'problem', what: `Nothing of mesh ${mesh} runs: neither its control plane nor any of its managers answers.`, why: 'Everything acknowledged is on the disks of its managers, and comes back with them.', next: startAll };
}

const noLeaderForDisks = { why: 'Nothing can be written: who cannot write down its vote cannot vote. Nothing acknowledged is lost.', next: 'df -h   (on the machines whose disks are full: make room; the mesh goes on by itself)' };

function checkClocks({ clocks }: MeshReading): readonly Finding[] {
  const off = clocks.filter(({ aheadMs }) => Math.abs(aheadMs) > clockSkewMsMax);
  const described = off.map(({ who, aheadMs }) => `${who} by ${timeOf(Math.abs(aheadMs))} (${aheadMs > 0 ? 'ahead' : 'behind'})`).join(', ');
  if (off.length === 0) return [];
  const isOurs = clocks.length > 1 && off.length === clocks.length;
  return [{ code: 'clockSkew', severity: 'problem', what: isOurs ? `This machine's clock differs from all others: ${described}.` : `Clocks differ from this machine's: ${described}.`, why: 'Tokens say until when they are good: from 60 s of difference on, good ones are refused and old ones taken.', next: `sudo timedatectl set-ntp true   (${isOurs ? 'here' : 'there, and here'}; timedatectl shows whether the clock is synchronised)` }];
}

function checkAgents({ agents, option }: MeshReading): readonly Finding[] {
  const alive = agents.filter(({ status }) => status === 'alive');
  const silent = agents.filter(({ status, lastSeenMs }) => status !== 'alive' && lastSeenMs !== null && lastSeenMs < lostLatelyMs);
  if (silent.length < silentAgentsMin || silent.length < alive.length) return [];
  return [{ code: 'agentsSilent', severity: 'warning', what: `${silent.length} of ${silent.length + alive.length} agents have fallen silent within ${timeOf(lostLatelyMs)}: ${silent.slice(0, 5).map(({ name, status }) => `${name} (${status})`).join(', ')}${silent.length > 5 ? ', …' : ''}.`, why: 'So many at once seldom leave by themselves: their machine, or the way from it to the managers, is likely gone.', next: `mesh agent list${option}   (who they are; then their processes, and whether they reach the managers' addresses)` }];
}
