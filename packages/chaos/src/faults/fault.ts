/** Kinds of faults, as the report counts them. */
export const faultKinds = [
  'killLeader', 'killFollower', 'pauseLeader', 'pauseFollower', 'partition', 'partitionOneWay', 'slowLinks', 'slowDisk', 'diskFull', 'restart', 'crashAll',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** When a fault strikes: so long after all that went wrong before is put right, or so long after the one before it struck, while that lasts. */
export interface Beginning { readonly after: 'calm' | 'strike'; readonly afterMs: number }

/** Whom a fault strikes, decided when it strikes; `follower`: the first from this place on that does not lead. */
export type Target = { readonly kind: 'leader' } | { readonly kind: 'follower'; readonly place: number };

/** Something that goes wrong and is put right `forMs` later. Times in ms. */
export type Fault = { readonly begins: Beginning; readonly forMs: number } & (
  | { readonly kind: 'killLeader' }
  | { readonly kind: 'killFollower'; readonly place: number }
  | { readonly kind: 'pauseLeader' }
  | { readonly kind: 'pauseFollower'; readonly place: number }
  /** Those on the small side are parted from the others; `clients`: with a group of clients that reach nobody else. */
  | { readonly kind: 'partition'; readonly minority: readonly Target[]; readonly clients: boolean }
  /** `in`: nothing reaches the small side; `out`: nothing leaves it. */
  | { readonly kind: 'partitionOneWay'; readonly minority: readonly Target[]; readonly direction: 'in' | 'out' }
  | { readonly kind: 'slowLinks'; readonly target: Target; readonly delayMs: number }
  | { readonly kind: 'slowDisk'; readonly target: Target; readonly flushDelayMs: number }
  | { readonly kind: 'diskFull'; readonly target: Target }
  /** Told to stop, and started again at once when it has. */
  | { readonly kind: 'restart'; readonly target: Target }
  /** Every manager at once, after their disks were this slow for a moment: much is written then that is not flushed. */
  | { readonly kind: 'crashAll'; readonly flushDelayMs: number }
);
