import { expect, test } from '@jest/globals';
import type { Link, LinkEnd, LinkHandlers } from '@raft-mesh/mesh';
import type { MeshId, ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { MemoryLink, MemoryNetwork, SimulatedClock } from '@raft-mesh/testkit';

const mesh = { mesh: 'games' as MeshId, incarnation: 1 };

class Recorder implements LinkHandlers {
  opened = 0;
  readonly batches: number[] = [];
  readonly messages: WireMessage[] = [];
  readonly invalid: ProtocolError[] = [];
  readonly ends: LinkEnd[] = [];
  onOpen(): void { this.opened += 1; }
  onMessages(messages: readonly WireMessage[]): void { this.batches.push(messages.length); this.messages.push(...messages); }
  onInvalid(error: ProtocolError): void { this.invalid.push(error); }
  onEnd(end: LinkEnd): void { this.ends.push(end); }
}

function setUp() {
  const clock = new SimulatedClock();
  const network = new MemoryNetwork({ clock, latencyMs: 5 });
  const there = new Recorder();
  const accepted: Link[] = [];
  network.listen('b', mesh, { accept(link) { accepted.push(link); return there; } });
  const here = new Recorder();
  return { clock, network, here, there, accepted, dial: (to = 'b', as = mesh) => network.dialer('a').dial(to, as, here) };
}

test('delivers in order after the latency, together what was sent together', () => {
  const { clock, here, there, dial } = setUp();
  const link = dial();
  expect(here.opened).toBe(0);
  clock.advanceNow(10);
  expect(here.opened).toBe(1);
  link.send({ type: 'heartbeat', beat: 1 });
  link.send({ type: 'heartbeat', beat: 2 });
  expect(link.bufferedBytes).toBeGreaterThan(0);
  clock.advanceNow(4);
  expect(there.messages).toEqual([]);
  clock.advanceNow(1);
  expect(there.messages).toEqual([{ type: 'heartbeat', beat: 1 }, { type: 'heartbeat', beat: 2 }]);
  expect(there.batches).toEqual([2]);
  expect(link.bufferedBytes).toBe(0);
});

test('refuses where nobody listens, and names a wrong mesh or incarnation', () => {
  const { clock, here, dial } = setUp();
  dial('nowhere');
  dial('b', { mesh: 'other' as MeshId, incarnation: 1 });
  dial('b', { ...mesh, incarnation: 2 });
  clock.advanceNow(10);
  expect(here.ends).toEqual([
    { cause: 'refused' },
    { cause: 'closedThere', error: expect.objectContaining({ code: 'wrongMesh' }) },
    { cause: 'closedThere', error: expect.objectContaining({ code: 'wrongIncarnation' }) },
  ]);
  expect(here.opened).toBe(0);
});

test('a cut holds everything back until it heals', () => {
  const { clock, network, here, there, dial } = setUp();
  const link = dial();
  clock.advanceNow(10);
  network.cut('b', 'a');
  link.send({ type: 'heartbeat', beat: 1 });
  clock.advanceNow(1000);
  expect([there.messages, here.ends]).toEqual([[], []]);
  network.heal();
  clock.advanceNow(0);
  expect(there.messages).toEqual([{ type: 'heartbeat', beat: 1 }]);
});

test('a killed process is silent, its links are lost to others, and it can be dialled again when it is back', () => {
  const { clock, network, here, there, accepted, dial } = setUp();
  dial();
  clock.advanceNow(10);
  network.kill('b');
  accepted[0]?.send({ type: 'leaderChanged', leader: null, term: 1 });
  clock.advanceNow(10);
  expect(here.ends).toEqual([{ cause: 'lost' }]);
  expect([here.messages, there.ends]).toEqual([[], []]);
  dial();
  clock.advanceNow(10);
  expect(here.ends[1]).toEqual({ cause: 'refused' });
  network.listen('b', mesh, { accept: () => there });
  dial();
  clock.advanceNow(10);
  expect(here.opened).toBe(2);
  expect(network.openLinkEnds).toBe(2);
});

test('closing tells both ends, the other one why', () => {
  const { clock, network, here, there, accepted, dial } = setUp();
  dial();
  clock.advanceNow(10);
  const error: ProtocolError = { code: 'overloaded', message: 'Too much.', next: 'Wait.' };
  accepted[0]?.close(error);
  clock.advanceNow(10);
  expect(here.messages).toEqual([{ type: 'error', ...error, fatal: true }]);
  expect(here.ends).toEqual([{ cause: 'closedThere', error }]);
  expect(there.ends).toEqual([{ cause: 'closedHere' }]);
  expect(network.openLinkEnds).toBe(0);
});

test('what is no frame arrives as invalid, and the link goes on', () => {
  const { clock, there, dial } = setUp();
  const link = dial();
  clock.advanceNow(10);
  if (!(link instanceof MemoryLink)) throw new Error('not a memory link');
  link.sendBytes(Uint8Array.of(0xc1, 1, 2, 3));
  link.send({ type: 'heartbeat', beat: 1 });
  clock.advanceNow(10);
  expect(there.invalid).toHaveLength(1);
  expect(there.messages).toHaveLength(1);
});
