import type { Scenario } from '../scenario/scenario.ts';

/** A calm scenario. */
export function drawScenario(seed: number): Scenario {
  return {
    seed, managers: 3, durationMs: 10_000, clients: { documents: 4, players: 5, keys: 5, pauseMs: 200 },
    tuning: { snapshotLogBytes: 1 << 20, snapshotKeepEntries: 100, quiesceAfterMs: null, workerHeartbeatIntervalMs: 500 },
    network: { delayMinMs: 0.2, delayMeanMs: 1, lossPerMille: 0, duplicatePerMille: 0, reorderPerMille: 0, replayPerMille: 0, pathCapacity: null },
    disk: { flushMinMs: 0.2, flushMeanMs: 1, tornPerMille: 0 }, clockDriftPpm: [], faults: [],
  };
}
