import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { storedDocument } from '../state-manager/stored-document.ts';

const hostRecord = z.object({
  host: control.hostDescription.shape.host, url: z.string(), publicKey: z.string(), apps: z.array(z.string()), managersMax: z.number(), registeredAtMs: z.number(),
  lastSeenMs: z.number(),
  /** It has done all orders up to this one. */
  acknowledged: z.number(),
  /** How many managers it said that it holds. */
  managers: z.number(),
  /** Gone, and nothing is placed on it any more. */
  isEmptied: z.boolean(),
  /** What it holds is to move to other hosts, until somebody says otherwise. */
  isDraining: z.boolean(),
});
/** A host, as it is kept. */
export type HostRecord = z.infer<typeof hostRecord>;

export const hostDocument = storedDocument<HostRecord>({ name: 'record of the host', schema: hostRecord,
  upgrades: [
    // 2: hosts may be drained.
    (before) => ({ ...before, isDraining: false }),
  ],
});
