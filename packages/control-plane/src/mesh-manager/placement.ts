import type { HostRecord } from './host-record.ts';

/** A host that may take managers, with how many are on it as far as is known. */
export interface Candidate {
  readonly host: HostRecord;
  readonly load: number;
}

/**
 * Where `count` managers of one mesh go: each to a host of its own while there are enough, the emptiest (by share of what it may hold) first, then round again.
 * `taken`: hosts that hold managers of this mesh already, which come last. `null`: there is no room for all of them.
 */
export function choosePlaces(candidates: readonly Candidate[], count: number, taken: readonly string[] = []): readonly HostRecord[] | null {
  const places = candidates.map(({ host, load }) => ({ host, load, own: taken.filter((name) => name === host.host).length }));
  const chosen: HostRecord[] = [];
  while (chosen.length < count) {
    const [best] = places.filter(({ host, load }) => load < host.managersMax).toSorted((a, b) => a.own - b.own || a.load / a.host.managersMax - b.load / b.host.managersMax || (a.host.host < b.host.host ? -1 : 1));
    if (best === undefined) return null;
    best.own += 1;
    best.load += 1;
    chosen.push(best.host);
  }
  return chosen;
}
