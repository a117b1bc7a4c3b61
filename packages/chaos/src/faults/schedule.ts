import { SimulatedRandom } from '@raft-mesh/simulator';
import { faultKinds, type Beginning, type Fault, type FaultKind, type Target } from './fault.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly managers: number;
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
}

/** The faults of a run, one after another without end: the same for the same options. Kinds come in rounds, so that none is left out. */
export function* drawFaults({ seed, managers, kinds = faultKinds }: ScheduleOptions): Generator<Fault, never> {
  const random = new SimulatedRandom(seed, 'chaos schedule');
  let lastForMs: number | null = null;
  for (;;) {
    for (const kind of random.shuffled(kinds)) {
      const fault = drawFault(random, kind, drawBeginning(random, lastForMs), managers);
      yield fault;
      lastForMs = fault.forMs;
    }
  }
}

/** Now and then the next one comes while the last one is still there. */
function drawBeginning(random: SimulatedRandom, lastForMs: number | null): Beginning {
  if (lastForMs === null) return { after: 'calm', afterMs: random.between(1_500, 2_500) };
  return random.chance(200) ? { after: 'strike', afterMs: random.between(100, lastForMs) } : { after: 'calm', afterMs: random.between(300, 2_500) };
}

function drawFault(random: SimulatedRandom, kind: FaultKind, begins: Beginning, managers: number): Fault {
  const spare = Math.floor((managers - 1) / 2);
  const place = (): number => random.below(managers);
  const target = (): Target => (random.chance(500) ? { kind: 'leader' } : { kind: 'follower', place: place() });
  const minority = (): readonly Target[] => Array.from({ length: random.between(1, spare) }, (_, at): Target => (at === 0 && random.chance(700) ? { kind: 'leader' } : { kind: 'follower', place: place() }));
  switch (kind) {
    case 'killLeader': return { kind, begins, forMs: random.between(200, 2_500) };
    case 'killFollower': return { kind, begins, forMs: random.between(200, 2_500), place: place() };
    case 'pauseLeader': return { kind, begins, forMs: random.between(500, 3_000) };
    case 'pauseFollower': return { kind, begins, forMs: random.between(500, 3_000), place: place() };
    case 'partition': return { kind, begins, forMs: random.between(1_000, 4_000), minority: minority(), clients: random.chance(600) };
    case 'partitionOneWay': return { kind, begins, forMs: random.between(1_000, 4_000), minority: minority(), direction: random.chance(500) ? 'in' : 'out' };
    case 'slowLinks': return { kind, begins, forMs: random.between(1_000, 4_000), target: target(), delayMs: random.between(5, 80) };
    case 'slowDisk': return { kind, begins, forMs: random.between(1_000, 4_000), target: target(), flushDelayMs: random.between(5, 50) };
    case 'diskFull': return { kind, begins, forMs: random.between(500, 2_000), target: target() };
    case 'restart': return { kind, begins, forMs: 500, target: target() };
    case 'crashAll': return { kind, begins, forMs: random.between(200, 1_000), flushDelayMs: random.chance(700) ? random.between(20, 100) : 0 };
    default: return kind satisfies never;
  }
}
