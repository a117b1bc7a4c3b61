import { expect, test } from '@jest/globals';
import { withDevMesh } from './support/dev-mesh.ts';
import { runLoad, runStrangers } from './support/overload/run-overload.ts';

// Bounds are ratios within one run, and generous: how fast the machine is does not matter.

/** What a manager may come to, whatever is thrown at it: its queues are bounded in bytes, and this is several times their sum. */
const residentBytesMax = 900 * 1024 * 1024;

test('far more commands than the mesh can serve: refused at once by name, none that was acknowledged is lost, and soon all is as before', async () => {
  await withDevMesh({ bots: 0 }, async (mesh) => {
    const result = await runLoad(mesh, { floods: 6, forMs: 3_000, valueBytes: 256 });
    expect(result.lost).toBe(0);
    expect(result.acknowledged).toBeGreaterThan(0);
    expect(result.offeredPerSecond).toBeGreaterThan(result.committedPerSecond);
    expect(Object.keys(result.refusals).filter((code) => !['overloaded', 'sequenceGap', 'timedOut', 'tooManyOpen', 'noLeader'].includes(code))).toEqual([]);
    expect((result.refusals['overloaded'] ?? 0) + (result.refusals['sequenceGap'] ?? 0)).toBeGreaterThan(0);
    // A refusal waits for nothing but its turn: it is no later than the answers to what was taken.
    expect(result.refusedMsP50).toBeLessThanOrEqual(3 * result.answeredMsP50 + 50);
    expect(result.backToNormalMs).toBeLessThan(20_000);
    for (const bytes of result.residentPeakBytes) expect(bytes).toBeLessThan(residentBytesMax);
  });
}, 300_000);

test('strangers that say nothing, drip, flood or never read do no harm to who behaves', async () => {
  await withDevMesh({ bots: 0 }, async (mesh) => {
    const result = await runStrangers(mesh, { connections: 2_000, drips: 50, deaf: 4, floodMs: 1_000 });
    for (const [kind, { steadyMsP50, served }] of Object.entries(result.during)) {
      expect([kind, served]).toEqual([kind, expect.any(Number)]);
      expect({ kind, isServed: steadyMsP50 <= 20 * result.steadyMsP50 + 50 }).toEqual({ kind, isServed: true });
    }
    expect(result.residentPeakBytes).toBeLessThan(residentBytesMax);
  });
}, 300_000);
