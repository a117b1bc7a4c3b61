import type { Dialer } from '@raft-mesh/mesh';

/** A dialer that goes where `dialAddress` says instead of to the address itself, asked anew for each dial. */
export function rerouted(dialer: Dialer, dialAddress: ((address: string) => string) | undefined): Dialer {
  if (dialAddress === undefined) return dialer;
  return { dial: (address, mesh, handlers) => dialer.dial(dialAddress(address), mesh, handlers) };
}
