import { expect, test } from '@jest/globals';
import { drawScenario, runScenario } from '@raft-mesh/simulator';
import { app } from '../support/rounds/app.ts';
import { runBot } from '../support/rounds/bots.ts';

const hashOf = async (seed: number): Promise<string> => (await runScenario(drawScenario(seed), { app, startPlayer: runBot })).traceHash;

/** Calls back from the platform, as a message or a timer does, with no promise on the way. */
const fromThePlatform = (seed: number): Promise<string> => new Promise((resolve, reject) => { setImmediate(() => { hashOf(seed).then(resolve, reject); }); });

test.each([22, 23])('seed %i gives one hash wherever it is run from: after a promise, from the platform, and after other seeds', async (seed) => {
  await Promise.resolve();
  const hash = await hashOf(seed);
  expect(await fromThePlatform(seed)).toBe(hash);
  const other = await hashOf(seed + 1);
  expect(other).not.toBe(hash);
  expect(await hashOf(seed)).toBe(hash);
});
