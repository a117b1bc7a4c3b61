import { defineModule } from '../../define.ts';
import { expiryTimeMs } from '../expiry-key.ts';
import { admit } from './admit.ts';
import { move, offerMove, withdrawMove } from './moves.ts';
import { remove, revoke, setPermissions, setStatus } from './commands.ts';
import { decodeMembers, encodeMembers } from './encoding.ts';
import type { MembersState } from './state.ts';
import { noMembers } from './state.ts';

const tokensForgottenAtOnce = 256;

/** The registry: who belongs to the mesh, what each may do, and who is alive. */
export const members = defineModule({
  name: 'members',
  version: 1,
  initial: (): MembersState => noMembers,
  commands: { admit, setStatus, revoke, setPermissions, remove, offerMove, withdrawMove, move },

  deadlineMs(state) {
    const first = state.tokenExpiries.firstKey();
    return first === undefined ? null : expiryTimeMs(first);
  },
  expire: (state, ctx) => forgetTokens(state, ctx.logTimeMs),

  /** Everyone may see who is there; secrets and permissions stay inside. In the order of agent ids. */
  view(state) {
    const list = [];
    for (const [, { agent, name, kind, status, accessRole, revoked }] of state.members.entries()) {
      if (!revoked) list.push({ id: agent, name, kind, status, accessRole });
    }
    return list;
  },
  encode: encodeMembers,
  decode: decodeMembers,
});

function forgetTokens(state: MembersState, logTimeMs: number): MembersState {
  let { spentTokens, tokenExpiries } = state;
  let forgotten = 0;
  for (const [key, token] of state.tokenExpiries.entries()) {
    if (expiryTimeMs(key) > logTimeMs || forgotten === tokensForgottenAtOnce) break;
    spentTokens = spentTokens.without(token);
    tokenExpiries = tokenExpiries.without(key);
    forgotten += 1;
  }
  return { ...state, spentTokens, tokenExpiries };
}
