import { hash } from 'node:crypto';
import type { TextDigest } from '@raft-mesh/state-machine';

/** SHA-256 by OpenSSL. */
export const nativeDigest: TextDigest = (text) => hash('sha256', text, 'hex');
