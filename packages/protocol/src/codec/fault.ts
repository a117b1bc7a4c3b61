/** What `fromTuple` and `fromJson` give back instead of a value. A symbol, because every JSON value may be a right answer. */
export const invalid: unique symbol = Symbol('invalid');

/** Where a shape did not fit, filled from the inside out. It never holds what arrived, which may be a secret. */
export interface Fault {
  /** Innermost name first. */
  readonly path: (string | number)[];
  expected: string;
}

export function newFault(): Fault {
  return { path: [], expected: '' };
}

/** Notes what was expected and answers `invalid`. */
export function fail(fault: Fault, expected: string): typeof invalid {
  fault.expected = expected;
  return invalid;
}

/** As in `entries[3].term must be a whole number`. */
export function describeFault(fault: Fault): string {
  const path = fault.path.reverse().map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return `${path.startsWith('.') ? path.slice(1) : path || 'it'} must be ${fault.expected}`;
}
