import type { AgentId } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { lineLengthMax, phaseMsMax, phaseMsMin } from './limits.ts';

// The arguments of every command.

const wholeNumber = z.int().check(z.gte(0));
const agent = z.custom<AgentId>((value) => typeof value === 'string' && value.length >= 1 && value.length <= 64, 'must name a player');
const phaseMs = z.int().check(z.gte(phaseMsMin), z.lte(phaseMsMax));
const moment = { game: wholeNumber, phase: z.enum(['lobby', 'night', 'day', 'ended']), round: wholeNumber };

/** `name`: how one wants to be called at the table; without it, the name that the agent has in the mesh. */
export const joinArguments = z.object({ name: z.optional(z.string().check(z.maxLength(256))) });
export const leaveArguments = z.object({});
export const startArguments = z.object({ ...moment, options: z.optional(z.object({ nightMs: z.optional(phaseMs), dayMs: z.optional(phaseMs) })) });
export const rematchArguments = z.object(moment);
/** `protect`, `kill`, `investigate`. */
export const nightArguments = z.object({ ...moment, target: agent });
/** `vote`: `null` is a vote to condemn nobody. */
export const voteArguments = z.object({ ...moment, target: z.nullable(agent) });
export const sayArguments = z.object({ ...moment, text: z.string().check(z.minLength(1), z.maxLength(lineLengthMax)) });

export type JoinArguments = z.infer<typeof joinArguments>;
export type StartArguments = z.infer<typeof startArguments>;
export type RematchArguments = z.infer<typeof rematchArguments>;
export type NightArguments = z.infer<typeof nightArguments>;
export type VoteArguments = z.infer<typeof voteArguments>;
export type SayArguments = z.infer<typeof sayArguments>;
