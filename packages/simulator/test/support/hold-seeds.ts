import { expect, test } from '@jest/globals';
import { drawScenario, runScenario } from '@raft-mesh/simulator';
import { createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import { app } from './rounds/app.ts';
import { runBot } from './rounds/bots.ts';

/** So many seeds in one test. */
const seedsPerTest = 10;
const replay = 'node --import tsx --conditions=@raft-mesh/source packages/cli/src/main.ts sim run --app ./packages/simulator/test/support/rounds --seed';

/** Makes tests that run these seeds, with documents and the game of rounds, and demand that every promise holds and that enough goes on. */
export function holdSeeds(from: number, to: number): void {
  for (let first = from; first <= to; first += seedsPerTest) {
    const last = Math.min(to, first + seedsPerTest - 1);
    test(`seeds ${first} to ${last}`, async () => {
      const problems: string[] = [];
      for (let seed = first; seed <= last; seed += 1) {
        const { failure, operations, simulatedMs, faults } = await runScenario(drawScenario(seed), { app, startPlayer: runBot, storeOnFiles: { createManagerDirectory, openManagerStore } });
        if (failure !== null) problems.push(`seed ${seed} broke ${failure.promise} after ${Math.round(failure.atMs)} ms: ${failure.message}\n  replay and shrink it: ${replay} ${seed}`);
        else if (operations < 100 || simulatedMs < 10_000 || Object.keys(faults).length < 3) problems.push(`seed ${seed} does too little: ${operations} operations and ${Object.keys(faults).join(', ')} in ${simulatedMs} ms`);
      }
      expect(problems).toEqual([]);
    }, 120_000);
  }
}
