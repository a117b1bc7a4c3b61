import { SimulatedRandom } from '@raft-mesh/simulator';
import { faultKinds, type Fault, type FaultKind, type Target } from './fault.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly managers: number;
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
}

/** Before the first fault everybody has come; after the last one everything heals. */
const calmStartMs = 2_000;
const calmEndMs = 4_000;

/** All faults of a run, in the order in which they begin: the same for the same options. Kinds come in rounds, so that none is left out. */
export function drawSchedule({ seed, durationMs, managers, kinds = faultKinds }: ScheduleOptions): readonly Fault[] {
  const random = new SimulatedRandom(seed, 'chaos schedule');
  const faults: Fault[] = [];
  let atMs = calmStartMs;
  for (let deck = random.shuffled(kinds); ; deck = deck.length === 0 ? random.shuffled(kinds) : deck) {
    const kind = deck.pop();
    if (kind === undefined) return faults;
    const fault = drawFault(random, kind, atMs, managers);
    if (atMs + fault.forMs > durationMs - calmEndMs) return faults;
    faults.push(fault);
    // Now and then the next one comes while this one lasts.
    atMs += random.chance(200) ? random.between(100, fault.forMs) : fault.forMs + random.between(500, 3_500);
  }
}

function drawFault(random: SimulatedRandom, kind: FaultKind, atMs: number, managers: number): Fault {
  const spare = Math.floor((managers - 1) / 2);
  const place = (): number => random.below(managers);
  const target = (): Target => (random.chance(500) ? { kind: 'leader' } : { kind: 'follower', place: place() });
  const minority = (): readonly Target[] => Array.from({ length: random.between(1, spare) }, (_, at): Target => (at === 0 && random.chance(700) ? { kind: 'leader' } : { kind: 'follower', place: place() }));
  switch (kind) {
    case 'killLeader': return { kind, atMs, forMs: random.between(200, 2_500) };
    case 'killFollower': return { kind, atMs, forMs: random.between(200, 2_500), place: place() };
    case 'pauseLeader': return { kind, atMs, forMs: random.between(500, 3_000) };
    case 'pauseFollower': return { kind, atMs, forMs: random.between(500, 3_000), place: place() };
    case 'partition': return { kind, atMs, forMs: random.between(1_000, 4_000), minority: minority(), clients: random.chance(600) };
    case 'partitionOneWay': return { kind, atMs, forMs: random.between(1_000, 4_000), minority: minority(), direction: random.chance(500) ? 'in' : 'out' };
    case 'slowLinks': return { kind, atMs, forMs: random.between(1_000, 4_000), target: target(), delayMs: random.between(5, 80) };
    case 'slowDisk': return { kind, atMs, forMs: random.between(1_000, 4_000), target: target(), flushDelayMs: random.between(5, 50) };
    case 'diskFull': return { kind, atMs, forMs: random.between(500, 2_000), target: target() };
    case 'restart': return { kind, atMs, forMs: 500, target: target() };
    case 'crashAll': return { kind, atMs, forMs: random.between(200, 1_000), flushDelayMs: random.chance(700) ? random.between(20, 100) : 0 };
    default: return kind satisfies never;
  }
}
