import * as z from 'zod/mini';
import { control } from '@raft-mesh/protocol';
import { signingKey } from '@raft-mesh/mesh-node';
import { storedDocument } from '../state-manager/stored-document.ts';

/** How far one manager's enrolment has come. The setup token itself is never kept, only its hash. `request`: which request registered it (see `Draw`). */
const enrolment = z.object({ manager: z.string(), setupTokenHash: z.string(), setupExpiresAtMs: z.number(), request: z.nullable(z.string()) });

const meshRecord = z.object({
  description: control.meshDescription,
  signingKey,
  enrolments: z.array(enrolment),
  /** The last incarnation of each manager that has left: one of the same name that joins later is another. */
  departed: z.array(z.object({ manager: z.string(), managerIncarnation: z.number() })),
  /** Where its snapshots are kept. */
  snapshotHead: z.string(),
  /** Whom signing in lets in; `null`: nobody. */
  signIn: z.nullable(control.meshSignIn),
  /** Which request began this life of the mesh (see `Draw`): the same one again gets the same answer. */
  request: z.nullable(z.string()),
});
/** Everything known of a mesh, its secret signing key included: this never leaves the control plane. */
export type MeshRecord = z.infer<typeof meshRecord>;

export const meshDocument = storedDocument<MeshRecord>({
  name: 'record of the mesh',
  schema: meshRecord,
  upgrades: [
    // 2: requests are known, who has departed is always there, and players may be let in by signing in.
    ({ enrolments, departed, ...rest }) => ({
      ...rest, departed: departed ?? [], signIn: null, request: null,
      enrolments: Array.isArray(enrolments) ? enrolments.map((each: unknown) => ({ ...(each as object), request: null })) : enrolments,
    }),
    // 3: managers may be placed on hosts.
    (before) => before,
    // 4: managers may succeed others.
    (before) => before,
  ],
});
