import * as z from 'zod/mini';
import { applied, defineCommand, refused } from '../../define.ts';
import { agentId } from '../identifiers.ts';
import { membersMax, permissionList } from './admit.ts';
import type { MembersState } from './state.ts';
import { withMember } from './state.ts';

export const setStatusSchema = z.object({
  changes: z.readonly(z.array(z.object({ agent: agentId, status: z.enum(['alive', 'suspect', 'dead']) })).check(z.maxLength(membersMax))),
});
export type SetStatusArguments = z.infer<typeof setStatusSchema>;

/** Writes down who is alive, many at a time. Agents that are no members (any more) are passed over. Answers how many changed. */
export const setStatus = defineCommand<MembersState, SetStatusArguments>({
  schema: setStatusSchema,
  permission: 'runtime',
  apply(state, { changes }) {
    let next = state;
    let changed = 0;
    for (const { agent, status } of changes) {
      const member = next.members.get(agent);
      if (member === undefined || member.status === status) continue;
      next = withMember(next, { ...member, status });
      changed += 1;
    }
    return applied(next, { changed });
  },
});

const notAMember = (agent: string) => refused('notAMember', `There is no agent ${agent} in this mesh. See mesh agent list.`);

/** Shuts an agent out for good: no command, no resume, no admission under this id. */
export const revoke = defineCommand<MembersState, { readonly agent: z.infer<typeof agentId> }>({
  schema: z.object({ agent: agentId }),
  accessRoles: ['admin'],
  apply(state, { agent }) {
    const member = state.members.get(agent);
    if (member === undefined) return notAMember(agent);
    if (member.revoked) return applied(state);
    return applied(withMember(state, { ...member, revoked: true }));
  },
});

const setPermissionsSchema = z.object({ agent: agentId, permissions: permissionList, accessRole: z.optional(z.enum(['admin', 'manager', 'worker', 'spectator'])) });

/** Replaces what an agent may do; its access role too, when given. */
export const setPermissions = defineCommand<MembersState, z.infer<typeof setPermissionsSchema>>({
  schema: setPermissionsSchema,
  accessRoles: ['admin'],
  apply(state, { agent, permissions, accessRole }) {
    const member = state.members.get(agent);
    if (member === undefined) return notAMember(agent);
    return applied(withMember(state, { ...member, permissions, accessRole: accessRole ?? member.accessRole }));
  },
});

/** Forgets an agent and frees its name. With a new token it may come back, unlike one that was revoked. */
export const remove = defineCommand<MembersState, { readonly agent: z.infer<typeof agentId> }>({
  schema: z.object({ agent: agentId }),
  accessRoles: ['admin'],
  apply(state, { agent }) {
    const member = state.members.get(agent);
    if (member === undefined) return notAMember(agent);
    return applied({ ...state, members: state.members.without(agent), names: state.names.without(member.name), moves: state.moves.without(agent) });
  },
});
