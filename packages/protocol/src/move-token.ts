import type { AgentId } from '@raft-mesh/state-machine';

// A join token that an agent makes for itself, so that another device of the same person takes it over: `move.<agent>.<code>`. Only a hash of the code
// is known to the mesh (the command `members.offerMove`). It takes the place of a token of the control plane in `hello`, and needs none.

export interface MoveToken {
  readonly agent: AgentId;
  /** 32 random bytes, base64url: 43 characters. */
  readonly code: string;
}

const form = /^move\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})$/;

export const moveTokenOf = ({ agent, code }: MoveToken): string => `move.${agent}.${code}`;

/** `null` for any other text; the tokens of the control plane begin otherwise. */
export function readMoveToken(text: string): MoveToken | null {
  const [, agent, code] = form.exec(text) ?? [];
  return agent === undefined || code === undefined ? null : { agent: agent as AgentId, code };
}
