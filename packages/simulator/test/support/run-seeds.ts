import { drawScenario, runScenario } from '@raft-mesh/simulator';
import { createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import { app } from './rounds/app.ts';
import { runBot } from './rounds/bots.ts';

// Runs seeds, with documents and the game of rounds, and prints for each as a line of JSON what is wrong with it; nothing when nothing is.

const replay = 'node --import tsx --conditions=@raft-mesh/source packages/cli/src/main.ts sim run --app ./packages/simulator/test/support/rounds --seed';

const [from, to] = process.argv.slice(2).map(Number) as [number, number];
for (let seed = from; seed <= to; seed += 1) {
  const { failure, operations, simulatedMs, faults } = await runScenario(drawScenario(seed), { app, startPlayer: runBot, storeOnFiles: { createManagerDirectory, openManagerStore } });
  if (failure !== null) console.log(JSON.stringify(`seed ${seed} broke ${failure.promise} after ${Math.round(failure.atMs)} ms: ${failure.message}\n  replay and shrink it: ${replay} ${seed}`));
  else if (operations < 100 || simulatedMs < 10_000 || Object.keys(faults).length < 3) console.log(JSON.stringify(`seed ${seed} does too little: ${operations} operations and ${Object.keys(faults).join(', ')} in ${simulatedMs} ms`));
}
console.log(JSON.stringify({ ran: to - from + 1 }));
process.exit(0);
