import type { Fault, FaultKind, ScheduledFault, Target } from '../faults/fault.ts';
import { SimulatedRandom } from '../world/simulated-random.ts';
import type { Scenario } from './scenario.ts';

/** Moves of agents are drawn apart. */
type ScheduledKind = Exclude<Fault['kind'], 'deviceMove'>;

/** Which faults belong together: a seed draws whole families, so that some seeds know only one kind of trouble and others all of them. */
const families: Readonly<Record<string, readonly ScheduledKind[]>> = {
  network: ['partition', 'partialConnectivity', 'clog', 'slowLink', 'linkBreak'],
  disk: ['diskSlow', 'diskHang', 'flushFailure', 'diskFull'],
  damage: ['bitFlip', 'misdirectedWrite', 'wipe'],
  crash: ['crash', 'crashAll', 'pause', 'workerCrash'],
  clock: ['clockStep', 'clockPause'],
  membership: ['join', 'leave', 'replace', 'reshape', 'transfer'],
  sessions: ['workerCrash', 'sessionExpiry'],
  snapshots: ['forceSnapshot'],
};
const familyNames = Object.keys(families);

/** How much likelier than others a kind is drawn from its family. */
const weights: Partial<Readonly<Record<ScheduledKind, number>>> = { partition: 5, crash: 6, pause: 2, transfer: 2, reshape: 2, crashAll: 1, workerCrash: 2, diskSlow: 2 };
/** How often a fault comes close upon another: most of what breaks is broken by two things at once. */
const closePerMille = 350;
const closeMeanMs = 80;

/** How many seeds have the real store, on files. */
const filesPerMille = 500;

/** How many seeds have agents who move from one device to another. */
const movesPerMille = 250;

/** How many seeds have people who play: a game is most of the work of its seed, so that with fewer of them many more seeds run. */
const playersPerMille = 80;

/** What takes more than one manager to happen: somebody to be cut off from, or enough to survive the loss of a disk. */
const managersMin: Partial<Readonly<Record<ScheduledKind, number>>> = { partition: 2, partialConnectivity: 2, clog: 2, slowLink: 2, bitFlip: 3, misdirectedWrite: 3, wipe: 3, reshape: 3 };

/** How many of the seeds with a troubled network know a time in which every leader is soon cut off again. */
const stormPerMille = 600;

/** A link that died in silence is found out after four beats: that must be well within the time in which a healed majority must serve. */
const workerHeartbeatsMs = [500, 1_500, 2_000, 2_000];

/** No fault strikes before the first leader is likely to lead. */
const calmStartMs = 800;
/** A run must bring three kinds of fault at least. */
const kindsMin = 3;

/** The scenario of a seed: how many there are, what goes wrong, and how often, all drawn from the seed alone (as TigerBeetle's VOPR does it). */
export function drawScenario(seed: number): Scenario {
  const random = new SimulatedRandom(seed, 'scenario');
  const managers = random.pick([1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 7]);
  const durationMs = random.between(15_000, 18_000);
  const mood = random.pick(['calm', 'one', 'one', 'two', 'some', 'some', 'everything', 'everything'] as const);
  const chosen = choose(random, mood);
  const network = drawNetwork(random, mood, chosen.has('network'));
  const disk = {
    flushMinMs: random.pick([0.05, 0.2, 1]), flushMeanMs: random.pick([0.3, 1, 1, 3, 10]),
    tornPerMille: random.pick([0, 300, 800, 1000]),
    ...drawFiles(seed),
  };
  const hasClocks = chosen.has('clock');
  const documents = random.between(2, 4);
  const faults = drawFaults(random, { chosen, mood, durationMs, managers, kindsBesides: kindsOf(network, managers, hasClocks) });
  const expires = faults.some(({ kind }) => kind === 'sessionExpiry');
  return {
    seed, managers, durationMs,
    clients: { documents, players: random.chance(playersPerMille) ? 5 : 0, keys: random.between(2, 8), pauseMs: Math.floor(durationMs / random.between(108, 118)) * documents, atOnce: drawAtOnce(seed) },
    tuning: {
      snapshotLogBytes: random.pick([2_000, 8_000, 30_000, 1_000_000]), snapshotKeepEntries: random.pick([0, 5, 50, 1_000]),
      quiesceAfterMs: drawQuiescence(seed), ...drawRaft(seed), workerHeartbeatIntervalMs: random.pick(workerHeartbeatsMs),
      ...(expires ? { sessionLifetimeMs: random.between(4_000, 6_000) } : {}),
    },
    network, disk,
    clockDriftPpm: hasClocks ? Array.from({ length: 9 }, () => random.between(-20, 20) * random.pick([10, 1_000, 10_000])) : [],
    faults: [...faults, ...drawMoves(seed, durationMs)].sort((left, right) => left.atMs - right.atMs),
  };
}

/** In some seeds agents move to other devices, now and then twice, or close upon each other; by a stream of their own, so that all else of a seed is the same with them and without. */
function drawMoves(seed: number, durationMs: number): readonly ScheduledFault[] {
  const random = new SimulatedRandom(seed, 'moves');
  if (!random.chance(movesPerMille)) return [];
  const worker = random.below(8);
  return Array.from({ length: random.between(1, 3) }, (): ScheduledFault => ({ kind: 'deviceMove', atMs: random.between(calmStartMs, durationMs - 1_500), worker: random.chance(500) ? worker : random.below(8) }));
}

/** Some seeds have real files; by a stream of their own, so that all else of a seed is the same with them and without. */
function drawFiles(seed: number): Pick<Scenario['disk'], 'files'> {
  const random = new SimulatedRandom(seed, 'files');
  return random.chance(filesPerMille) ? { files: { segmentBytesMax: random.pick([600, 2_000, 8_000, 30_000]) } } : {};
}

/** Most seeds keep every manager awake; clients leave pauses long enough for the others to rest in. */
function drawQuiescence(seed: number): number | null {
  const random = new SimulatedRandom(seed, 'quiescence');
  return random.chance(100) ? random.pick([20, 60, 200]) : null;
}

/** Times from hasty to leisurely, and bounds so small that windows fill and snapshots come in many pieces. */
function drawRaft(seed: number): Pick<Scenario['tuning'], 'raft'> {
  const random = new SimulatedRandom(seed, 'raft');
  const heartbeatIntervalMs = random.pick([50, 150, 200, 250, 250, 250]);
  const electionTimeoutMinMs = Math.max(300, heartbeatIntervalMs * 5);
  return {
    raft: {
      heartbeatIntervalMs, electionTimeoutMinMs, electionTimeoutMaxMs: electionTimeoutMinMs * 2,
      ...(random.chance(500) ? { snapshotChunkBytesMax: random.pick([200, 1_000, 4_000]) } : {}),
      ...(random.chance(300) ? { appendBytesMax: random.pick([200, 1_000]), inflightMessagesMax: random.pick([1, 2, 8]), inflightBytesMax: random.pick([500, 4_000]) } : {}),
    },
  };
}

/** The same number of operations, evenly or in bursts: what comes together is written, sent, lost and cut off together. */
function drawAtOnce(seed: number): number {
  return new SimulatedRandom(seed, 'bursts').pick([1, 2, 4, 6, 8, 8]);
}

type Mood = 'calm' | 'one' | 'two' | 'some' | 'everything';

function choose(random: SimulatedRandom, mood: Mood): ReadonlySet<string> {
  const shuffled = random.shuffled(familyNames);
  switch (mood) {
    case 'calm': return new Set(['snapshots']);
    case 'one': return new Set(shuffled.slice(0, 1));
    case 'two': return new Set(shuffled.slice(0, 2));
    case 'some': return new Set(shuffled.slice(0, 4));
    case 'everything': return new Set(familyNames);
    default: return mood satisfies never;
  }
}

function drawNetwork(random: SimulatedRandom, mood: Mood, isTroubled: boolean): Scenario['network'] {
  const delayMinMs = random.pick([0.1, 0.5, 1, 3]);
  const calm = { delayMinMs, delayMeanMs: delayMinMs + random.pick([0.2, 0.5, 1, 3]), lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 0, pathCapacity: null };
  if (mood === 'calm') return { ...calm, lossPerMille: 1, duplicatePerMille: 2, reorderPerMille: 5 };
  if (!isTroubled) return calm;
  return {
    delayMinMs, delayMeanMs: delayMinMs + random.pick([1, 3, 10, 25]),
    lossPerMille: random.pick([0, 5, 20, 100, 300]), duplicatePerMille: random.pick([0, 5, 50, 300]), reorderPerMille: random.pick([0, 20, 200, 500]),
    replayPerMille: random.pick([0, 5, 50, 200]), pathCapacity: random.pick([null, null, 2, 5, 20]),
  };
}

function kindsOf(network: Scenario['network'], managers: number, hasClocks: boolean): ReadonlySet<FaultKind> {
  const kinds = new Set<FaultKind>();
  if (hasClocks) kinds.add('clockDrift');
  // Only managers lose messages of each other.
  if (managers === 1) return kinds;
  if (network.lossPerMille >= 5) kinds.add('loss');
  if (network.duplicatePerMille >= 5) kinds.add('duplicate');
  if (network.reorderPerMille >= 5) kinds.add('reorder');
  if (network.replayPerMille >= 5) kinds.add('replay');
  return kinds;
}

interface FaultDraw {
  readonly chosen: ReadonlySet<string>;
  readonly mood: Mood;
  readonly durationMs: number;
  readonly managers: number;
  readonly kindsBesides: ReadonlySet<FaultKind>;
}

function drawFaults(random: SimulatedRandom, { chosen, mood, durationMs, managers, kindsBesides }: FaultDraw): readonly ScheduledFault[] {
  const possible = [...chosen].flatMap((name) => families[name] ?? []).filter((kind) => managers >= (managersMin[kind] ?? 1));
  const kinds: readonly ScheduledKind[] = possible.length === 0 ? families['crash'] ?? [] : possible;
  const weighted = kinds.flatMap((kind) => Array.from({ length: weights[kind] ?? 1 }, () => kind));
  const atMs = (): number => random.between(calmStartMs, durationMs - 1_000);
  const count = mood === 'calm' ? 3 : random.between(4, mood === 'everything' ? 30 : 18);
  const faults: ScheduledFault[] = [];
  for (let left = count; left > 0; left -= 1) {
    const near = faults.length > 0 && random.chance(closePerMille) ? random.pick(faults).atMs : null;
    faults.push({ atMs: near === null ? atMs() : near + Math.round(random.exponential(closeMeanMs)), ...drawFault(random, random.pick(weighted), managers) });
  }
  if (managers >= 3 && chosen.has('network') && random.chance(stormPerMille)) faults.push(...drawStorm(random, managers, atMs(), chosen.has('membership')));
  // A family may know too few kinds; these always can happen, and disturb least.
  for (const kind of ['forceSnapshot', 'workerCrash', 'clockStep', 'linkBreak', 'pause'] as const) {
    const known = new Set<FaultKind>([...kindsBesides, ...faults.map((fault) => fault.kind)]);
    if (known.size < kindsMin + 2) faults.push({ atMs: atMs(), ...drawFault(random, kind, managers) });
  }
  return faults.sort((left, right) => left.atMs - right.atMs);
}

/**
 * One leader after another is cut off with what it has not committed, alone or with somebody, while a disk is slow: logs grow apart in
 * several terms, and what was asked of disks and peers long ago is answered when it counts no more (Figure 8 of the paper, over and over).
 */
function drawStorm(random: SimulatedRandom, managers: number, fromMs: number, changesMembers: boolean): readonly ScheduledFault[] {
  const everyMs = random.between(300, 1_200);
  const forMs = (): number => Math.round(everyMs * (0.7 + random.fraction() * 2));
  const cuts = Array.from({ length: random.between(4, 9) }, (_, place): ScheduledFault => ({
    kind: 'partition', atMs: fromMs + place * everyMs + random.below(200), minority: managers >= 4 && random.chance(500) ? ['leader', 'follower'] : ['leader'],
    direction: random.pick(['both', 'both', 'both', 'in', 'out']), forMs: forMs(),
  }));
  const slow = (target: Target): ScheduledFault => ({ kind: 'diskSlow', atMs: fromMs, target, flushMs: random.pick([30, 150, 400]), forMs: everyMs * cuts.length });
  // Handed over and cut off at once, a leader of the past goes on for as long as it can.
  const handovers = cuts.filter(() => random.chance(400)).map(({ atMs }): ScheduledFault => ({ kind: 'transfer', atMs: Math.max(calmStartMs, atMs - 1 - random.below(12)), to: null }));
  // Somebody asks just whoever has been cut off.
  const changes = changesMembers ? cuts.filter(() => random.chance(400)).map(({ atMs }): ScheduledFault => ({ atMs: atMs + random.below(200), ...drawFault(random, random.pick(['join', 'leave']), managers) })) : [];
  return [...cuts, ...handovers, ...changes, ...(random.chance(800) ? [slow(random.below(managers)), slow(random.below(managers))] : [])];
}

function drawFault(random: SimulatedRandom, kind: ScheduledKind, managers: number): Fault {
  // Where nobody follows, there is but one to strike.
  const target = (): Target => (managers === 1 ? 0 : random.pick<Target>(['leader', 'leader', 'follower', random.below(managers)]));
  const forMs = Math.round(100 + random.exponential(1_200));
  const downMs = Math.round(random.exponential(random.pick([50, 500, 1_500])));
  switch (kind) {
    case 'partition': return { kind, minority: drawMinority(random, managers), direction: random.pick(['both', 'both', 'in', 'out']), forMs };
    case 'partialConnectivity': return { kind, cuts: drawCuts(random, managers), forMs };
    case 'clog': return { kind, from: target(), to: random.below(managers), forMs };
    case 'slowLink': return { kind, from: target(), to: random.below(managers), delayMs: random.between(20, 400), forMs };
    case 'linkBreak': return { kind, target: target() };
    case 'diskSlow': return { kind, target: target(), flushMs: random.pick([20, 100, 500]), forMs };
    case 'diskHang': return { kind, target: target(), forMs };
    case 'flushFailure': return { kind, target: target() };
    case 'diskFull': return { kind, target: target(), forMs };
    case 'bitFlip': return { kind, target: target() };
    case 'misdirectedWrite': return { kind, target: target() };
    case 'crash': return { kind, target: target(), when: random.pick(['now', 'writing', 'writing']), downMs };
    case 'crashAll': return { kind, downMs };
    case 'pause': return { kind, target: target(), forMs };
    case 'wipe': return { kind, target: target(), downMs };
    case 'workerCrash': return { kind, worker: random.below(8), downMs };
    case 'clockStep': return { kind, target: target(), byMs: random.pick([1, 40, 400, 3_000, 3_600_000]) };
    case 'clockPause': return { kind, target: target(), forMs };
    case 'join': return { kind };
    case 'leave': return { kind, target: target() };
    case 'replace': return { kind, target: target() };
    case 'reshape': return { kind, targets: [target(), random.below(managers), random.below(managers)].slice(0, managers - 1) };
    case 'transfer': return { kind, to: random.chance(400) ? null : random.below(managers) };
    case 'forceSnapshot': return { kind, target: target() };
    case 'sessionExpiry': return { kind, worker: random.below(8) };
    default: return kind satisfies never;
  }
}

/** Often the leader's side is the small one; with somebody more in it, what nobody else will ever have is on two disks. */
function drawMinority(random: SimulatedRandom, managers: number): readonly Target[] {
  if (random.chance(450)) return managers >= 4 && random.chance(600) ? ['leader', 'follower'] : ['leader'];
  const places = random.shuffled(Array.from({ length: managers }, (_, place) => place));
  const most = Math.max(1, Math.floor(managers / 2));
  return places.slice(0, random.chance(400) ? 1 : random.between(1, most));
}

function drawCuts(random: SimulatedRandom, managers: number): readonly (readonly [number, number])[] {
  const cuts: (readonly [number, number])[] = [];
  for (let from = 0; from < managers; from += 1) {
    for (let to = 0; to < managers; to += 1) {
      if (from < to && random.chance(400)) cuts.push([from, to], ...(random.chance(700) ? [[to, from] as const] : []));
    }
  }
  return cuts;
}
