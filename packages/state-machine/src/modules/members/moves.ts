import * as z from 'zod/mini';
import type { AgentId } from '../../agent.ts';
import { applied, defineCommand, refused } from '../../define.ts';
import { agentId, sessionId } from '../identifiers.ts';
import type { MembersState, Move } from './state.ts';
import { withMember } from './state.ts';

// An agent moves to another device by a code that its own device drew and handed on in a private link.
//
// Who could do harm, and what they meet:
// - Whoever reads the log, a snapshot or a disk finds SHA-256 of 32 random bytes, from which no code can be made.
// - Whoever finds the link later (a history, a chat, a screenshot) finds a code that was used: the first use spends it, in the same entry that
//   gives the agent its new secret. There is no order of crashes in which both happened by halves, or twice.
// - Whoever finds it before it was used is the agent from then on. That is what the link is for, so it lives for minutes, another one voids it,
//   and it can be taken back. The device that had the agent is told at once, and so is everyone who asks with its secret later.
// - Whoever guesses is refused before anything is written to the log.
// - A device that was taken over commands no more: its secret is replaced and its sessions are closed by the same entry, whatever a manager that
//   lags behind, or is cut off, still believes.
// - Somebody with a minute at an open device can make a link, as they could play on it. Whoever has the agent then is who used the last link; the
//   way out is a new join token for the agent, which voids the secret and every link, or `members.revoke`.

/** The longest that a link may be used, in ms of log time; and how long when nothing is said. */
export const moveLifetimeMsMax = 10 * 60_000;

const sha256Hex = z.custom<string>((value) => typeof value === 'string' && /^[0-9a-f]{64}$/u.test(value), 'must be SHA-256 in hex: 64 digits');

export const offerMoveSchema = z.object({
  /** SHA-256 of the code, hex. */
  codeHash: sha256Hex,
  lifetimeMs: z.optional(z.int().check(z.minimum(1), z.maximum(moveLifetimeMsMax))),
});

/** Lets whoever knows the code take this agent over, once, for a while. One code at a time: another one takes its place. */
export const offerMove = defineCommand<MembersState, z.infer<typeof offerMoveSchema>>({
  schema: offerMoveSchema,
  accessRoles: ['admin', 'worker', 'spectator'],
  apply(state, { codeHash, lifetimeMs }, { caller, logTimeMs }) {
    if (caller === null) return refused('notAMember', 'Only an agent can move.');
    const expiresAtMs = Math.floor(logTimeMs) + (lifetimeMs ?? moveLifetimeMsMax);
    return applied(withMove(state, caller.agent, { ...moveOf(state, caller.agent), offer: { codeHash, expiresAtMs } }), { expiresAtMs });
  },
});

/** Takes the code back that nobody has used. */
export const withdrawMove = defineCommand<MembersState, Readonly<Record<string, never>>>({
  schema: z.object({}),
  accessRoles: ['admin', 'worker', 'spectator'],
  apply(state, _args, { caller }) {
    if (caller === null) return refused('notAMember', 'Only an agent can move.');
    const move = state.moves.get(caller.agent);
    return applied(move === undefined || move.offer === null ? state : withMove(state, caller.agent, { ...move, offer: null }));
  },
});

export const moveSchema = z.object({
  agent: agentId,
  codeHash: sha256Hex,
  kind: z.enum(['browser', 'cli']),
  /** Of the device that takes the agent over. */
  resumeSecretHash: z.string().check(z.minLength(1), z.maxLength(256)),
  /** The session that is opened with the move; all others of the agent are closed. */
  session: sessionId,
});
export type MoveArguments = z.infer<typeof moveSchema>;

/**
 * Gives an agent to the device that knows the code, and spends it. The same device with the same code again is the same move (its first answer was
 * lost). Name, permissions and everything that modules keep of the agent stay.
 */
export const move = defineCommand<MembersState, MoveArguments>({
  schema: moveSchema,
  permission: 'runtime',
  apply(state, { agent, codeHash, kind, resumeSecretHash }, { logTimeMs }) {
    const member = state.members.get(agent);
    if (member?.revoked === true) return refused('revoked', `The agent ${agent} was revoked. Ask for a token for another agent.`);
    const { offer, last } = moveOf(state, agent);
    if (member !== undefined && last?.codeHash === codeHash) {
      return member.resumeSecretHash === resumeSecretHash ? applied(state, { agent, name: member.name }) : refused('tokenSpent', 'This private link was used before. Make a new one on the device that has the seat now.');
    }
    if (member === undefined || offer === null || offer.codeHash !== codeHash) return refused('tokenInvalid', 'This private link is not the last one that was made.');
    if (offer.expiresAtMs <= logTimeMs) return refused('tokenExpired', 'The time of this private link is over.');
    const moved = withMember(state, { ...member, kind, status: 'alive', resumeSecretHash });
    return applied(withMove(moved, agent, { offer: null, last: { codeHash, leftSecretHash: member.resumeSecretHash } }), { agent, name: member.name });
  },
});

const neverMoved: Move = { offer: null, last: null };

export function moveOf(state: MembersState, agent: AgentId): Move {
  return state.moves.get(agent) ?? neverMoved;
}

function withMove(state: MembersState, agent: AgentId, next: Move): MembersState {
  return { ...state, moves: state.moves.with(agent, next) };
}
