/** Whom a fault strikes, decided when it strikes: a manager by place (modulo how many there are), or by what it is then. */
export type Target = number | 'leader' | 'follower';

/** Something that goes wrong at `atMs` after the start. Those with `forMs` end by themselves, or when the run's fault phase ends. */
export type ScheduledFault = { readonly atMs: number } & Fault;

export type Fault =
  // Network
  | { readonly kind: 'partition'; readonly minority: readonly Target[]; readonly direction: 'both' | 'in' | 'out'; readonly forMs: number }
  /** Cuts single paths, so that not everyone hears everyone, and no side is whole. */
  | { readonly kind: 'partialConnectivity'; readonly cuts: readonly (readonly [from: number, to: number])[]; readonly forMs: number }
  | { readonly kind: 'clog'; readonly from: Target; readonly to: Target; readonly forMs: number }
  | { readonly kind: 'slowLink'; readonly from: Target; readonly to: Target; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: 'linkBreak'; readonly target: Target }
  // Disk
  | { readonly kind: 'diskSlow'; readonly target: Target; readonly flushMs: number; readonly forMs: number }
  | { readonly kind: 'diskHang'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'flushFailure'; readonly target: Target }
  | { readonly kind: 'diskFull'; readonly target: Target; readonly forMs: number }
  /** Damage shows at the next start; a manager whose disk is damaged below what was flushed never comes back under its name. */
  | { readonly kind: 'bitFlip'; readonly target: Target }
  | { readonly kind: 'misdirectedWrite'; readonly target: Target }
  // Process
  /** `writing`: at its next write after `atMs`, before that is durable. */
  | { readonly kind: 'crash'; readonly target: Target; readonly when: 'now' | 'writing'; readonly downMs: number }
  | { readonly kind: 'crashAll'; readonly downMs: number }
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'wipe'; readonly target: Target; readonly downMs: number }
  | { readonly kind: 'workerCrash'; readonly worker: number; readonly downMs: number }
  // Clocks
  | { readonly kind: 'clockStep'; readonly target: Target; readonly byMs: number }
  | { readonly kind: 'clockPause'; readonly target: Target; readonly forMs: number }
  // Cluster
  | { readonly kind: 'join' }
  | { readonly kind: 'leave'; readonly target: Target }
  | { readonly kind: 'replace'; readonly target: Target }
  /** New machines come, one for each of these, and then these leave in one change: a majority before it and one after it need not overlap. */
  | { readonly kind: 'reshape'; readonly targets: readonly Target[] }
  | { readonly kind: 'transfer'; readonly to: Target | null }
  | { readonly kind: 'forceSnapshot'; readonly target: Target }
  | { readonly kind: 'sessionExpiry'; readonly worker: number }
  /** Another device takes the worker's agent over by a private link; the worker's own goes on until it is told. */
  | { readonly kind: 'deviceMove'; readonly worker: number };

export type FaultKind = Fault['kind'] | 'loss' | 'duplicate' | 'reorder' | 'replay' | 'capacityDrop' | 'tornWrite' | 'lostWrite' | 'clockDrift' | 'clientRetry';
