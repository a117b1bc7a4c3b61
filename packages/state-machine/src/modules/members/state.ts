import type { AccessRole, AgentId, AgentKind, AgentStatus, Permission } from '../../agent.ts';
import { OrderedMap } from '../../ordered-map.ts';

/** What is replicated of one agent. */
export interface Member {
  readonly agent: AgentId;
  /** Unique in the mesh. */
  readonly name: string;
  readonly kind: AgentKind;
  readonly accessRole: AccessRole;
  readonly permissions: readonly Permission[];
  readonly status: AgentStatus;
  /** Once true, true for ever. */
  readonly revoked: boolean;
  /** SHA-256 of the agent's resume secret, hex. Never in a view. */
  readonly resumeSecretHash: string;
}

/** A join token that was used, kept for as long as it could be offered again. */
export interface SpentToken {
  readonly agent: AgentId;
  readonly resumeSecretHash: string;
  /** Log time in ms. */
  readonly forgetAtMs: number;
}

/** Of an agent that may move, or has moved, to another device. */
export interface Move {
  /** Whoever knows the code (its SHA-256, hex) may take the agent over until then, in log time. */
  readonly offer: { readonly codeHash: string; readonly expiresAtMs: number } | null;
  /** The move that was made last: its code, and the secret of the device that was left (their SHA-256, hex). */
  readonly last: { readonly codeHash: string; readonly leftSecretHash: string } | null;
}

export interface MembersState {
  readonly members: OrderedMap<AgentId, Member>;
  /** Every name in use, with the number that the next agent who asks for it gets. */
  readonly names: OrderedMap<string, number>;
  readonly spentTokens: OrderedMap<string, SpentToken>;
  /** Spent tokens in the order in which they may be forgotten: key `<forgetAtMs, 16 digits>/<token id>`. */
  readonly tokenExpiries: OrderedMap<string, string>;
  /** Of agents that ever offered one. */
  readonly moves: OrderedMap<AgentId, Move>;
}

export const noMembers: MembersState = { members: OrderedMap.empty(), names: OrderedMap.empty(), spentTokens: OrderedMap.empty(), tokenExpiries: OrderedMap.empty(), moves: OrderedMap.empty() };

export function memberOf(state: MembersState, agent: AgentId): Member | null {
  return state.members.get(agent) ?? null;
}

export function withMember(state: MembersState, member: Member): MembersState {
  return { ...state, members: state.members.with(member.agent, member) };
}
