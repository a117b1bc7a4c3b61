/** A step of `npm test` and what it left behind. */
export interface Step {
  readonly title: string;
  /** Whether its process ended well. */
  readonly ok: boolean;
  /** The text of its JSON report, `null` where there is no such file. A step without tests makes none. */
  readonly report?: { readonly by: 'jest' | 'playwright'; readonly text: string | null };
}

export interface Summary {
  readonly passed: number;
  /** Tests, files that could not run, steps that ended badly or left no report, and tests that are skipped without a reason. */
  readonly failed: number;
  readonly skipped: number;
  readonly text: string;
}

export function summarise(steps: readonly Step[]): Summary;
