import { drawScenario, runScenario } from '@raft-mesh/simulator';
import { app } from '@raft-mesh/mafia';
import { keepPlaying, runBot } from '@raft-mesh/mafia/bots';
import { createManagerDirectory, openManagerStore } from '@raft-mesh/storage-file';
import type { HuntOrder, HuntResult } from './hunt-result.ts';

// One hunt a start: seeds in a row until one fails. A line of JSON for each, so that a hang loses only what it hangs in; and a line for each seed, so that a hang is told from a long hunt.

const order = JSON.parse(process.argv[2] ?? '') as HuntOrder;
for (const start of order.starts) {
  const startedAtMs = performance.now();
  let result: HuntResult = { start, caught: false, seeds: order.seedsMax, promise: null, message: null, milliseconds: 0 };
  for (let offset = 0; offset < order.seedsMax; offset += 1) {
    console.log(`seed ${start + offset}`);
    const { failure } = await runScenario(drawScenario(start + offset), {
      app, storeOnFiles: { createManagerDirectory, openManagerStore }, startPlayer: (player) => {
        keepPlaying(player);
        void runBot({ ...player, thinkMs: { least: 5, most: 300 } });
      },
    });
    if (failure === null) continue;
    result = { ...result, caught: true, seeds: offset + 1, promise: failure.promise, message: failure.message };
    break;
  }
  console.log(JSON.stringify({ ...result, milliseconds: Math.round(performance.now() - startedAtMs) }));
}
process.exit(0);
