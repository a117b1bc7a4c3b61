import { expect, test } from '@jest/globals';
import { exploreCrashPoints } from './explore.ts';

// Goal: whatever the power cut leaves of what was not flushed, at whatever step, nothing acknowledged is missing. The command `npm run crash-points` tries far more.

test('at every step of a life, states of the disk that a power cut may leave lose nothing that was acknowledged', async () => {
  const report = await exploreCrashPoints({ statesPerPoint: 50, seed: 1 });
  expect(report.failures).toEqual([]);
  expect(report.crashPoints).toBeGreaterThan(80);
  expect(report.states).toBeGreaterThan(1_000);
});
