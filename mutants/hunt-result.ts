/** Where to look, and how far. */
export interface HuntOrder {
  readonly starts: readonly number[];
  readonly seedsMax: number;
}

/** What one hunt came to. `seeds`: how many it took, the failing one included. */
export interface HuntResult {
  readonly start: number;
  readonly caught: boolean;
  readonly seeds: number;
  readonly promise: string | null;
  readonly message: string | null;
  readonly milliseconds: number;
}
