/** A mesh's name: 1 to 64 of `a-z A-Z 0-9 _ -`. */
export type MeshId = string & { readonly __brand: 'MeshId' };
/** A manager's name within its mesh: 1 to 32 of `a-z 0-9 -`. */
export type ManagerId = string & { readonly __brand: 'ManagerId' };
/** A host's name, known to the control plane alone: 1 to 32 of `a-z 0-9 -`. */
export type HostId = string & { readonly __brand: 'HostId' };
/** Random, drawn anew each time a manager process starts a manager; tells a restart from a broken link. */
export type BootId = string & { readonly __brand: 'BootId' };

/** A mesh in one of its lives. A restore from a snapshot starts a new incarnation that nothing of the old one can reach. */
export interface MeshIdentity {
  readonly mesh: MeshId;
  readonly incarnation: number;
}

/** A manager in one of its lives. A wiped manager rejoins under a new incarnation. */
export interface ManagerIdentity extends MeshIdentity {
  readonly manager: ManagerId;
  readonly managerIncarnation: number;
}
