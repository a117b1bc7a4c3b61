import type { Scenario, ScheduledFault } from '@raft-mesh/simulator';

/** A scenario with something of everything, and these faults. */
export function busyScenario(faults: readonly ScheduledFault[]): Scenario {
  return {
    seed: 7, managers: 5, durationMs: 20_000,
    clients: { documents: 6, players: 5, keys: 8, pauseMs: 100 },
    tuning: { snapshotLogBytes: 100_000, snapshotKeepEntries: 50, quiesceAfterMs: 3_000, workerHeartbeatIntervalMs: 500 },
    network: { delayMinMs: 0.5, delayMeanMs: 2, lossPerMille: 10, duplicatePerMille: 10, reorderPerMille: 10, replayPerMille: 5, pathCapacity: 100 },
    disk: { flushMinMs: 0.5, flushMeanMs: 2, tornPerMille: 100 },
    clockDriftPpm: [100, -100],
    faults,
  };
}

/** One of every kind that can be scheduled. */
export const everyFault: readonly ScheduledFault[] = [
  { kind: 'partition', atMs: 100, minority: [0, 1], direction: 'in', forMs: 500 },
  { kind: 'partialConnectivity', atMs: 200, cuts: [[0, 1], [2, 3]], forMs: 500 },
  { kind: 'clog', atMs: 300, from: 'leader', to: 2, forMs: 500 },
  { kind: 'slowLink', atMs: 400, from: 'leader', to: 'follower', delayMs: 50, forMs: 500 },
  { kind: 'linkBreak', atMs: 500, target: 'leader' },
  { kind: 'diskSlow', atMs: 600, target: 1, flushMs: 80, forMs: 500 },
  { kind: 'diskHang', atMs: 700, target: 'leader', forMs: 500 },
  { kind: 'flushFailure', atMs: 800, target: 3 },
  { kind: 'diskFull', atMs: 900, target: 0, forMs: 500 },
  { kind: 'bitFlip', atMs: 1_000, target: 'follower' },
  { kind: 'misdirectedWrite', atMs: 1_100, target: 'follower' },
  { kind: 'crash', atMs: 1_200, target: 'leader', when: 'writing', downMs: 300 },
  { kind: 'crashAll', atMs: 1_300, downMs: 300 },
  { kind: 'pause', atMs: 1_400, target: 'leader', forMs: 500 },
  { kind: 'wipe', atMs: 1_500, target: 4, downMs: 300 },
  { kind: 'workerCrash', atMs: 1_600, worker: 2, downMs: 300 },
  { kind: 'clockStep', atMs: 1_700, target: 'leader', byMs: -2_000 },
  { kind: 'clockPause', atMs: 1_800, target: 'leader', forMs: 500 },
  { kind: 'join', atMs: 1_900 },
  { kind: 'leave', atMs: 2_000, target: 'leader' },
  { kind: 'replace', atMs: 2_100, target: 2 },
  { kind: 'reshape', atMs: 2_150, targets: ['leader', 1] },
  { kind: 'transfer', atMs: 2_200, to: null },
  { kind: 'forceSnapshot', atMs: 2_300, target: 1 },
  { kind: 'sessionExpiry', atMs: 2_400, worker: 1 },
  { kind: 'deviceMove', atMs: 2_500, worker: 3 },
];
