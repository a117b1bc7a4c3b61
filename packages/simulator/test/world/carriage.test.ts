import { describe, expect, test } from '@jest/globals';
import type { MeshId, MeshIdentity, WireMessage } from '@raft-mesh/protocol';
import { Carriage, unload } from '../../src/world/carriage.ts';
import { SimulatedRandom } from '../../src/world/simulated-random.ts';

const mesh: MeshIdentity = { mesh: 'carried' as MeshId, incarnation: 1 };
const beat: WireMessage = { type: 'linkPing' };

describe('how messages are carried', () => {
  test('the first of each type, and a share of all that follow, go through the codec', () => {
    const carriage = new Carriage(mesh, new SimulatedRandom(1, 'codec'));
    const encoded = Array.from({ length: 2_000 }, () => carriage.load(beat).bytes !== null);
    expect(encoded.slice(0, 16)).not.toContain(false);
    const later = encoded.slice(16).filter(Boolean).length;
    expect(later).toBeGreaterThan(50);
    expect(later).toBeLessThan(300);
    expect(carriage.load({ type: 'managerReady' }).bytes).not.toBeNull();
  });

  test('both ways the receiver gets what was sent', () => {
    const carriage = new Carriage(mesh, new SimulatedRandom(1, 'codec'));
    for (let place = 0; place < 100; place += 1) expect(unload(carriage.load(beat))).toEqual(beat);
  });

  test('which ones is the same for the same seed', () => {
    const drawn = (seed: number): readonly boolean[] => {
      const carriage = new Carriage(mesh, new SimulatedRandom(seed, 'codec'));
      return Array.from({ length: 500 }, () => carriage.load(beat).bytes !== null);
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});
