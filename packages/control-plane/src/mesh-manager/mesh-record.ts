import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { parseSigningKey } from '@raft-mesh/mesh-node';
import type { SigningKey } from '@raft-mesh/mesh-node';

/** How far one manager's enrolment has come. The setup token itself is never kept, only its hash. */
const enrolment = z.object({ manager: z.string(), setupTokenHash: z.string(), setupExpiresAtMs: z.number() });

/** Everything known of a mesh, its secret signing key included: this never leaves the control plane. */
export const meshRecord = z.object({
  description: control.meshDescription,
  signingKey: z.pipe(z.unknown(), z.transform((value): SigningKey => parseSigningKey(value))),
  enrolments: z.array(enrolment),
  /** The last incarnation of each manager that has left: one of the same name that joins later is another. */
  departed: z.optional(z.array(z.object({ manager: z.string(), managerIncarnation: z.number() }))),
  /** Where its snapshots are kept. */
  snapshotHead: z.string(),
});
export type MeshRecord = z.infer<typeof meshRecord>;
