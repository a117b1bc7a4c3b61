import type { control } from '@raft-mesh/protocol';
import type { HostRecord } from '../../mesh-manager/host-record.ts';
import type { MeshRecord } from '../../mesh-manager/mesh-record.ts';
import type { Operation } from './access-table.ts';
import type { Player } from './player-sign-in.ts';

/** An API key that is good. `meshes`: which ones it is for, `null` for all; a mesh is known by its public key too, for one made later under the same name is another. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly accessRole: control.KeyAccessRole;
  readonly meshes: readonly { readonly mesh: string; readonly publicKey: string }[] | null;
  readonly operations: readonly Operation[] | null;
}

/** Who asks, once that is known. The bootstrap key of this copy is an `ApiKey` too: an admin for everything. */
export type Caller =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'apiKey'; readonly key: ApiKey }
  | { readonly kind: 'setupToken'; readonly token: string }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'host'; readonly host: HostRecord }
  | { readonly kind: 'manager'; readonly record: MeshRecord; readonly proof: control.ManagerProof };

/** A name for logs and for telling callers apart; never a secret. */
export function callerName(caller: Caller): string {
  switch (caller.kind) {
    case 'nobody': return 'nobody';
    case 'apiKey': return `key ${caller.key.id}`;
    case 'setupToken': return 'setup token';
    case 'player': return `player ${caller.player.uid}`;
    case 'host': return `host ${caller.host.host}`;
    case 'manager': return `manager ${caller.proof.manager} of ${caller.proof.mesh}`;
    default: return caller satisfies never;
  }
}
