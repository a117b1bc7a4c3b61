import type { NodeId } from '@raft-mesh/raft';
import { Violation } from '../checkers/checker.ts';
import type { DamageGuard } from '../faults/damage-guard.ts';
import type { ManagerHost } from '../world/manager-host.ts';
import type { SimulatedRandom } from '../world/simulated-random.ts';
import type { World } from '../world/world.ts';

/** How long the mesh may take to serve again, and then to agree, in ms. */
const boundMs = 10_000;
const lookEveryMs = 50;

/**
 * Chooses who is healed: a random majority of all who may have a say, with every learner, which may be about to vote. Empty when that
 * cannot be (the mesh was lost).
 */
export function chooseCore(world: World, guard: DamageGuard, random: SimulatedRandom): ReadonlySet<ManagerHost> {
  const sets = guard.voterSets();
  const learners = new Set(world.hosts.flatMap(({ configuration }) => configuration.configuration.learners.map(({ id }) => id)));
  const core = new Set<ManagerHost>();
  const nodes = new Set<NodeId>();
  const isEnough = (voters: readonly NodeId[]): boolean => voters.filter((voter) => nodes.has(voter)).length * 2 > voters.length;
  const take = (host: ManagerHost): void => { core.add(host); nodes.add(host.node); };
  const usable = world.hosts.filter((host) => host.state !== 'retired' && host.state !== 'removed' && host.disk.platter.damage === null);
  for (const host of usable) if (learners.has(host.node)) take(host);
  for (const host of random.shuffled(usable)) {
    const missing = sets.filter((voters) => !isEnough(voters));
    if (missing.some((voters) => voters.includes(host.node))) take(host);
  }
  if (!sets.every(isEnough)) return new Set();
  if (!hasCandidate(core)) for (const host of usable) if (hasVote(host)) take(host);
  return core;
}

/**
 * Whoever has no vote by its own log never stands for election, though its log may be newer than those of all voters here: then nobody may win the
 * majority of a joint configuration that needs it (etcd has the same limit), and only all voters together are sure to elect one.
 */
function hasCandidate(core: ReadonlySet<ManagerHost>): boolean {
  const newest = [...core].toSorted(byLog).at(-1);
  return newest !== undefined && [...core].some((host) => hasVote(host) && byLog(host, newest) >= 0);
}

function hasVote({ node, disk }: ManagerHost): boolean {
  const { voters, votersOutgoing } = disk.platter.configuration.configuration;
  return [...voters, ...votersOutgoing].some(({ id }) => id === node);
}

/** As Raft compares logs (§5.4.1), of what is on the disk. */
function byLog({ disk: { platter: one } }: ManagerHost, { disk: { platter: other } }: ManagerHost): number {
  return one.last.term - other.last.term || one.last.index - other.last.index;
}

/** All faults have ended. The core is healed; whoever is not in it stays down, cut off, or asleep, for ever. */
export function healOnly(core: ReadonlySet<ManagerHost>, world: World, random: SimulatedRandom): void {
  world.rates = { ...world.rates, lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 0, pathCapacity: null, delayMeanMs: Math.min(world.rates.delayMeanMs, 5), delayMinMs: Math.min(world.rates.delayMinMs, 1) };
  for (const host of world.hosts) {
    if (core.has(host)) {
      // One that has just stopped is not waited for.
      if (host.disk.hasFailed) host.crash('reset');
      host.start();
      continue;
    }
    if (host.process === null) continue;
    const fate = random.below(5);
    if (fate === 0) host.crash(random.chance(500) ? 'reset' : 'silence');
    else if (fate === 1) host.process.pause();
    else if (fate === 2) cutOff(host, world, { hears: false, isHeard: false });
    // One that is deaf and goes on talking, and one that hears all and is never heard, must not hold up the others.
    else if (fate === 3) cutOff(host, world, { hears: false, isHeard: true });
    else cutOff(host, world, { hears: true, isHeard: false });
  }
  for (const worker of world.workers) worker.start();
  inviteAnew(core, world);
}

/** Who was away while all the managers that it knew were replaced is given the new addresses, as by a new invitation. */
function inviteAnew(core: ReadonlySet<ManagerHost>, world: World): void {
  const names = new Set<string>([...core].flatMap(({ name, state }) => (state === 'removed' ? [] : [name])));
  for (const worker of world.workers) {
    if (!worker.isLost(names)) continue;
    worker.crash();
    worker.start();
  }
}

function cutOff(host: ManagerHost, world: World, { hears, isHeard }: { readonly hears: boolean; readonly isHeard: boolean }): void {
  for (const address of [...world.hosts.map(({ url }) => url), ...world.workers.map((worker) => worker.address)]) {
    if (address === host.url) continue;
    if (!isHeard) world.network.path(host.url, address).cut();
    if (!hears) world.network.path(address, host.url).cut();
  }
}

export interface LivenessOptions {
  readonly world: World;
  readonly core: ReadonlySet<ManagerHost>;
  /** Who has not yet completed an operation that began after the healing. */
  readonly waiting: () => readonly string[];
  /** True when the clients have done all that was asked of them; they are given some time for it, no more. */
  readonly isEnough: () => boolean;
  readonly stopClients: () => void;
}

/** The mesh must serve every client again, and then agree, each within a bound of simulated time. Throws a `Violation`. */
export async function requireProgress({ world, core, waiting, isEnough, stopClients }: LivenessOptions): Promise<void> {
  const describe = (): string => [...core].map((host) => {
    const { status } = host;
    return status === null ? `${host.node} is ${host.state}` : `${host.node} is ${status.role} in term ${status.term}, leader ${status.leader ?? 'unknown'}, commit ${status.commitIndex} of ${status.lastIndex}, voters ${status.configuration.voters.map(({ id }) => id).join(' ')}${status.configuration.votersOutgoing.length === 0 ? '' : `, leaving ${status.configuration.votersOutgoing.map(({ id }) => id).join(' ')}`}`;
  }).join('; ');
  // What was appended before the healing may still replace those whom a worker is dialling.
  const isServed = (): boolean => { inviteAnew(core, world); return waiting().length === 0; };
  if (!(await within(world, isServed))) {
    if (world.witness.failure !== null) return;
    throw new Violation('majorityServes', `${boundMs} ms after a majority was healed, ${waiting().join(', ')} had still no answer to anything new. ${describe()}. ${world.workers.map((worker) => worker.describe()).join('; ')}`);
  }
  await within(world, isEnough);
  stopClients();
  if (!(await within(world, () => agrees(core)))) {
    if (world.witness.failure !== null) return;
    throw new Violation('majorityAgrees', `${boundMs} ms after the last operation, the majority's replicas still differ. ${describe()}`);
  }
}

/** Every one has applied the same, and all that anyone holds. Members alone: who has left since is not asked. */
function agrees(core: ReadonlySet<ManagerHost>): boolean {
  const leader = [...core].find(({ status }) => status?.role === 'leader');
  const status = leader?.status;
  if (leader === undefined || status === null || status === undefined) return false;
  const { voters, learners } = status.configuration;
  const members = [...core].filter((host) => [...voters, ...learners].some(({ id }) => id === host.node));
  return members.every(({ applied }) => applied.index === status.lastIndex && applied.runningDigest === leader.applied.runningDigest);
}

async function within(world: World, holds: () => boolean): Promise<boolean> {
  const untilMs = world.nowMs + boundMs;
  while (!holds()) {
    if (world.nowMs >= untilMs || world.witness.failure !== null) return false;
    await world.loop.run(() => world.witness.failure !== null, Math.min(untilMs, world.nowMs + lookEveryMs));
  }
  return true;
}
