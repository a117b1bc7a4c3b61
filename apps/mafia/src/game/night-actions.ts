/** What is done by night. */
export type NightAction = 'block' | 'protect' | 'guard' | 'kill' | 'shoot' | 'aim' | 'frame' | 'investigate' | 'track' | 'watch';

export interface NightActionRule {
  /** Whoever does it goes to the other's door, where a watcher sees them and a tracker follows. */
  readonly visits: boolean;
  /** Whether a roleblocker keeps one from it. */
  readonly canBeBlocked: boolean;
  readonly mayTarget: {
    readonly self: boolean;
    /** For the mafia: their own. */
    readonly fellows: boolean;
    /** The one of the night before. */
    readonly sameAgain: boolean;
  };
  /** How often in one game; `null` for every night. */
  readonly timesMax: number | null;
}

const ordinary = { visits: true, canBeBlocked: true, mayTarget: { self: false, fellows: true, sameAgain: true }, timesMax: null } as const;

/** How the actions differ. They count in the order block, protect, kill, investigate; what deceives counts before the investigations. */
export const nightActions: Readonly<Record<NightAction, NightActionRule>> = {
  block: { ...ordinary, canBeBlocked: false, mayTarget: { self: false, fellows: false, sameAgain: true } },
  protect: { ...ordinary, mayTarget: { self: true, fellows: true, sameAgain: false } },
  guard: ordinary,
  kill: { ...ordinary, mayTarget: { self: false, fellows: false, sameAgain: true } },
  shoot: { ...ordinary, timesMax: 2 },
  aim: { ...ordinary, visits: false, canBeBlocked: false },
  frame: { ...ordinary, mayTarget: { self: true, fellows: true, sameAgain: true } },
  investigate: ordinary,
  track: ordinary,
  watch: { ...ordinary, mayTarget: { self: true, fellows: true, sameAgain: true } },
};

export const everyNightAction = Object.keys(nightActions) as readonly NightAction[];
