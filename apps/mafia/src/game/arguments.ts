import type { AgentId } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { difficulties } from './bots.ts';
import { everyCharacter } from './characters/index.ts';
import { botLabelLengthMax, lineLengthMax, playersMax, willLengthMax } from './limits.ts';
import { optionTable } from './options/index.ts';
import type { GameOptions } from './options/index.ts';
import type { Option } from './options/option.ts';
import { isHash } from './proof/hashes.ts';

// The arguments of every command.

const wholeNumber = z.int().check(z.gte(0));
const agent = z.custom<AgentId>((value) => typeof value === 'string' && value.length >= 1 && value.length <= 64, 'must name a player');
const moment = { game: wholeNumber, phase: z.enum(['lobby', 'night', 'day', 'ended']), round: wholeNumber };
/** Without it, the first ballot of the day is meant. */
const ballot = z.optional(wholeNumber);

function valueOf(option: Option): z.ZodMiniType {
  switch (option.kind) {
    case 'choice': return z.enum(option.values);
    case 'switch': return z.boolean();
    case 'amount': return z.int().check(z.gte(option.least), z.lte(option.most));
    default: return option satisfies never;
  }
}
const cast = z.object(Object.fromEntries(everyCharacter.map((character) => [character, z.optional(wholeNumber.check(z.lte(playersMax)))])));
/** Some of the options; the others stay as they are. Each value is as the table of options says. */
const someOptions = z.object({ ...Object.fromEntries(Object.entries(optionTable).map(([name, option]) => [name, z.optional(valueOf(option))])), cast: z.optional(cast) }) as unknown as z.ZodMiniType<SomeOptions>;
export type SomeOptions = { readonly [Name in keyof GameOptions]?: GameOptions[Name] };

/** `name`: how one wants to be called at the table; without it, the name that the agent has in the mesh. `bot`: what kind of bot one is. */
export const joinArguments = z.object({ name: z.optional(z.string().check(z.maxLength(256))), bot: z.optional(z.string().check(z.minLength(1), z.maxLength(botLabelLengthMax))) });
export const leaveArguments = z.object({});
export const configureArguments = z.object({ ...moment, options: someOptions });
export const startArguments = z.object({ ...moment, options: z.optional(someOptions) });
const hexOf32Bytes = z.custom<string>(isHash, 'must be 32 bytes, as 64 hexadecimal digits');
/** `wantBots`: how many bots shall sit at the table. */
export const wantBotsArguments = z.object({ ...moment, count: wholeNumber.check(z.lte(playersMax)), difficulty: z.enum(difficulties) });
/** `offerBots`: how many may be sent. */
export const offerBotsArguments = z.object({ most: wholeNumber.check(z.lte(playersMax)) });
/** `commit`: the hash of a contribution to chance, as `contributionHash` makes it. */
export const commitArguments = z.object({ ...moment, hash: hexOf32Bytes });
/** `open`: the contribution itself. */
export const openArguments = z.object({ ...moment, nonce: hexOf32Bytes });
/** The query `record`: without a game, the last one that has ended; `from`: how many entries are left out. */
export const recordArguments = z.object({ game: z.optional(wholeNumber), from: z.optional(wholeNumber) });
/** `claimHost`, `ready`, `extend`, `reveal`, `stop`, `rematch`: only when. */
export const momentArguments = z.object(moment);
/** `remove`, `passHost`. */
export const playerArguments = z.object({ ...moment, target: agent });
/** What is done by night: `null` is to let it be. */
export const nightArguments = z.object({ ...moment, target: z.nullable(agent) });
/** `vote`: `null` is a vote to condemn nobody. */
export const voteArguments = z.object({ ...moment, ballot, target: z.nullable(agent) });
export const abstainArguments = z.object({ ...moment, ballot });
export const judgeArguments = z.object({ ...moment, ballot, verdict: z.enum(['guilty', 'innocent', 'abstain']) });
export const sayArguments = z.object({ ...moment, text: z.string().check(z.minLength(1), z.maxLength(lineLengthMax)) });
export const whisperArguments = z.object({ ...moment, target: agent, text: z.string().check(z.minLength(1), z.maxLength(lineLengthMax)) });
/** A will may come late in the same game: it is secret until its writer dies. */
export const willArguments = z.object({ game: wholeNumber, text: z.string().check(z.maxLength(willLengthMax)) });

export type JoinArguments = z.infer<typeof joinArguments>;
export type ConfigureArguments = z.infer<typeof configureArguments>;
export type StartArguments = z.infer<typeof startArguments>;
export type WantBotsArguments = z.infer<typeof wantBotsArguments>;
export type OfferBotsArguments = z.infer<typeof offerBotsArguments>;
export type CommitArguments = z.infer<typeof commitArguments>;
export type OpenArguments = z.infer<typeof openArguments>;
export type RecordArguments = z.infer<typeof recordArguments>;
export type MomentArguments = z.infer<typeof momentArguments>;
export type PlayerArguments = z.infer<typeof playerArguments>;
export type NightArguments = z.infer<typeof nightArguments>;
export type VoteArguments = z.infer<typeof voteArguments>;
export type AbstainArguments = z.infer<typeof abstainArguments>;
export type JudgeArguments = z.infer<typeof judgeArguments>;
export type SayArguments = z.infer<typeof sayArguments>;
export type WhisperArguments = z.infer<typeof whisperArguments>;
export type WillArguments = z.infer<typeof willArguments>;
