import { expect, test } from '@jest/globals';
import type { Link, LinkHandlers } from '@raft-mesh/mesh';
import type { ProtocolError, WireMessage } from '@raft-mesh/protocol';
import { SimulatedClock } from '@raft-mesh/testkit';
import { FrontDoor } from '../src/manager/front-door.ts';

const unprovenMax = 4_096;

class WaitingLink implements Link {
  readonly kind = 'memory';
  readonly remote = 'somewhere';
  readonly bufferedBytes = 0;
  closedWith: ProtocolError | null = null;
  handlers: LinkHandlers | null = null;
  send(): void {}
  close(error?: ProtocolError): void {
    this.closedWith ??= error ?? null;
    this.handlers?.onEnd({ cause: 'closedHere' });
  }
}

const managerHello = { type: 'managerHello' } as WireMessage;
const quiet: LinkHandlers = { onOpen: () => {}, onMessages: () => {}, onInvalid: () => {}, onEnd: () => {} };

function open(door: FrontDoor): WaitingLink {
  const link = new WaitingLink();
  link.handlers = door.accept(link);
  return link;
}

test('strangers who say nothing cannot shut a manager out: the one that has waited longest makes room', async () => {
  const clock = new SimulatedClock();
  const proofs: (() => void)[] = [];
  const door = new FrontDoor({
    clock,
    workers: { greet: () => quiet } as never,
    peers: { listen: (_link: Link, _hello: WireMessage, onProven: () => void) => { proofs.push(onProven); return quiet; } } as never,
  });
  const proven = open(door);
  proven.handlers?.onMessages([managerHello]);
  proofs[0]?.();
  const strangers = Array.from({ length: unprovenMax }, () => open(door));
  expect(strangers.every((link) => link.closedWith === null)).toBe(true);

  const late = open(door);
  late.handlers?.onMessages([managerHello]);
  expect(late.closedWith).toBeNull();
  expect(proofs).toHaveLength(2);
  expect(strangers.map((link) => link.closedWith?.code ?? null)).toEqual(['overloaded', ...strangers.slice(1).map(() => null)]);
  proofs[1]?.();

  // Whoever has proved itself is not measured by that patience.
  await clock.advance(60_000);
  expect(strangers[1]?.closedWith?.code).toBe('notAuthenticated');
  expect([proven.closedWith, late.closedWith]).toEqual([null, null]);
  // All strangers are gone: nothing is kept of them.
  expect(Array.from({ length: unprovenMax }, () => open(door)).every((link) => link.closedWith === null)).toBe(true);
});
