import { randomBytes } from 'node:crypto';
import { nanoid } from 'nanoid';
import type { Random } from '@raft-mesh/mesh';

/** Randomness of the operating system. Identifiers are 21 URL-safe characters (126 bits). */
export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  identifier: () => nanoid(),
};
