import type { control } from '@raft-mesh/protocol';

/**
 * Who may do what: one row an operation, and one operation a route. `keys`: the access roles of API keys that may, if the key's own list of
 * operations does not say otherwise; the bootstrap admin key is an `admin`. `about` says what the key's meshes must cover: `everything` needs a
 * key for all meshes, `mesh` one for the mesh in the address, `own` is about what the key covers, whatever that is. `or`: what else opens it.
 */
export type AccessRule =
  | { readonly keys: readonly control.KeyAccessRole[]; readonly about: 'everything' | 'mesh' | 'own'; readonly or?: 'setupToken' | 'managerProof' | 'hostProof' | 'idToken' }
  | { readonly keys: 'nobodyNeedsOne' };

const open: AccessRule = { keys: 'nobodyNeedsOne' };

export const accessTable = {
  health: open,
  ready: open,
  readMetrics: { keys: ['admin', 'manager', 'spectator'], about: 'everything' },
  openApiDocument: open,
  documentationPage: open,
  documentationStyle: open,

  listMeshes: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'own' },
  createMesh: { keys: ['admin'], about: 'everything' },
  showMesh: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'mesh' },
  deleteMesh: { keys: ['admin'], about: 'mesh' },
  restoreMesh: { keys: ['admin'], about: 'mesh' },

  registerManager: { keys: ['admin', 'manager'], about: 'mesh' },
  forgetManager: { keys: ['admin', 'manager'], about: 'mesh' },
  enrolManager: { keys: ['admin', 'manager'], about: 'mesh', or: 'setupToken' },

  showMeshStatus: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'mesh' },
  watchMesh: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'mesh' },
  listAgents: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'mesh' },
  showAgent: { keys: ['admin', 'manager', 'worker', 'spectator'], about: 'mesh' },
  terminateAgent: { keys: ['admin'], about: 'mesh' },

  createJoinToken: { keys: ['admin', 'worker'], about: 'mesh' },
  createOperateToken: { keys: ['admin', 'manager', 'spectator'], about: 'mesh' },
  createInvitation: { keys: ['admin', 'worker'], about: 'mesh' },
  redeemInvitation: open,
  describeSignIn: open,
  joinMesh: { keys: [], about: 'mesh', or: 'idToken' },

  registerHost: { keys: ['admin', 'manager'], about: 'everything' },
  listHosts: { keys: ['admin', 'manager', 'spectator'], about: 'everything' },
  showHost: { keys: ['admin', 'manager', 'spectator'], about: 'everything' },
  removeHost: { keys: ['admin'], about: 'everything' },
  drainHost: { keys: ['admin'], about: 'everything' },
  undrainHost: { keys: ['admin'], about: 'everything' },
  beatHost: { keys: [], about: 'everything', or: 'hostProof' },
  enrolPlacedManager: { keys: [], about: 'everything', or: 'hostProof' },
  admitPlacedManager: { keys: [], about: 'everything', or: 'hostProof' },
  replaceLostManager: { keys: [], about: 'everything', or: 'hostProof' },

  createKey: { keys: ['admin'], about: 'own' },
  listKeys: { keys: ['admin'], about: 'own' },
  revokeKey: { keys: ['admin'], about: 'own' },

  putSnapshot: { keys: [], about: 'mesh', or: 'managerProof' },
  readSnapshot: { keys: ['admin', 'manager'], about: 'mesh', or: 'managerProof' },
  describeSnapshot: { keys: ['admin', 'manager'], about: 'mesh', or: 'managerProof' },
} as const satisfies Readonly<Record<string, AccessRule>>;

export type Operation = keyof typeof accessTable;

export const operations = Object.keys(accessTable) as readonly Operation[];

export function accessRuleOf(operation: Operation): AccessRule {
  return accessTable[operation];
}

/** True where a key of this access role is let through, were it not for its meshes and its own list of operations. */
export function roleMay(accessRole: control.KeyAccessRole, operation: Operation): boolean {
  const rule = accessRuleOf(operation);
  return rule.keys === 'nobodyNeedsOne' || rule.keys.includes(accessRole);
}
