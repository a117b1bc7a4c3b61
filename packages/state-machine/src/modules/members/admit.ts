import * as z from 'zod/mini';
import { applied, defineCommand, refused } from '../../define.ts';
import { expiryKey } from '../expiry-key.ts';
import { agentId, sessionId } from '../identifiers.ts';
import { withMember } from './state.ts';
import type { MembersState } from './state.ts';
import { takeName } from './names.ts';

export const membersMax = 20_000;
export const spentTokensMax = 100_000;
const defaultTokenLifetimeMs = 30 * 24 * 3600 * 1000;
/** Tokens are accepted this long after they expire. */
const tokenToleranceMs = 60_000;

export const permissionList = z.readonly(z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.maxLength(64)));

export const admitSchema = z.object({
  tokenId: z.string().check(z.minLength(1), z.maxLength(256)),
  /** For how long from now the token could still be offered, at most; 30 days when not known. */
  tokenLifetimeMs: z.optional(z.number().check(z.minimum(0), z.maximum(366 * 24 * 3600 * 1000))),
  agent: agentId,
  name: z.string().check(z.maxLength(1024)),
  kind: z.enum(['browser', 'cli']),
  accessRole: z.enum(['admin', 'manager', 'worker', 'spectator']),
  permissions: permissionList,
  resumeSecretHash: z.string().check(z.minLength(1), z.maxLength(256)),
  /** The session that is opened with the admission. */
  session: sessionId,
});
export type AdmitArguments = z.infer<typeof admitSchema>;

/**
 * Takes an agent in, once for each token. The same token with the same secret again is the same admission (its first answer was lost).
 * A new token for an agent that is already a member replaces its secret, kind, access role and permissions, and voids what it offered (`moves.ts`); its name stays.
 */
export const admit = defineCommand<MembersState, AdmitArguments>({
  schema: admitSchema,
  permission: 'runtime',
  apply(state, args, ctx) {
    const known = state.members.get(args.agent);
    if (known?.revoked === true) return refused('revoked', `The agent ${args.agent} was revoked. Ask for a token for another agent.`);
    const spent = state.spentTokens.get(args.tokenId);
    if (spent !== undefined) {
      if (known === undefined || spent.agent !== args.agent || spent.resumeSecretHash !== args.resumeSecretHash) return refused('tokenSpent', 'This join token was used before. Ask for a new one.');
      return applied(state, { agent: known.agent, name: known.name });
    }
    if (state.spentTokens.size >= spentTokensMax) return refused('tooManyTokens', `${spentTokensMax} join tokens are remembered as spent. Wait until some have expired.`);
    if (known === undefined && state.members.size >= membersMax) return refused('tooManyMembers', `The mesh has ${membersMax} members. Remove some with members.remove.`);

    const taken = known === undefined ? takeName(state.names, args.name) : { name: known.name, names: state.names };
    const forgetAtMs = ctx.logTimeMs + (args.tokenLifetimeMs ?? defaultTokenLifetimeMs) + tokenToleranceMs;
    const next = withMember({
      ...state,
      names: taken.names,
      moves: state.moves.without(args.agent),
      spentTokens: state.spentTokens.with(args.tokenId, { agent: args.agent, resumeSecretHash: args.resumeSecretHash, forgetAtMs }),
      tokenExpiries: state.tokenExpiries.with(expiryKey(forgetAtMs, args.tokenId), args.tokenId),
    }, {
      agent: args.agent, name: taken.name, kind: args.kind, accessRole: args.accessRole, permissions: args.permissions,
      status: 'alive', revoked: false, resumeSecretHash: args.resumeSecretHash,
    });
    return applied(next, { agent: args.agent, name: taken.name });
  },
});
