/** Who an agent is, for as long as the mesh lives. */
export type AgentId = string & { readonly __brand: 'AgentId' };
/** One run of commands with sequence numbers; an agent may have several in its life, one after another. */
export type SessionId = string & { readonly __brand: 'SessionId' };

export type AccessRole = 'admin' | 'manager' | 'worker' | 'spectator';
export type AgentKind = 'browser' | 'cli';
export type AgentStatus = 'alive' | 'suspect' | 'dead';

/**
 * `module.command`, or `module.*`, or `*`. What an agent holds is matched against what a command asks for
 * (`documents.put` is asked for by the command `put` of the module `documents`).
 */
export type Permission = string;

/** The agent on whose behalf a command is applied, as the replicated registry knows it. */
export interface Caller {
  readonly agent: AgentId;
  readonly name: string;
  readonly accessRole: AccessRole;
}

/**
 * The one a view is made for. A spectator (and anyone unknown) has `agent: null` and gets the most restricted view.
 */
export interface Viewer {
  readonly agent: AgentId | null;
  readonly accessRole: AccessRole;
}
