import { createHmac, randomBytes } from 'node:crypto';

/**
 * What one request draws at random: the same names are drawn alike whenever the request is done again, by any copy of the control plane. So a
 * request that was cut off, or comes twice, ends as if it had been done once.
 */
export class Draw {
  readonly #seed: Uint8Array;
  /** Tells this request from every other; goes into records, so that whoever does it again knows its own work. */
  readonly request: string;

  /** `seed`: 32 bytes that nobody can guess. */
  constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.request = this.identifier('request');
  }

  static random(): Draw {
    return new Draw(randomBytes(32));
  }

  /** `characters` (at most 43) of A-Z a-z 0-9 _ -, six bits each. */
  identifier(label: string, characters: number = 21): string {
    return createHmac('sha256', this.#seed).update(label).digest('base64url').slice(0, characters);
  }
}
