import { applied } from '@raft-mesh/state-machine';
import type { AgentId, Applied, CommandContext } from '@raft-mesh/state-machine';
import type { AbstainArguments, JudgeArguments, MomentArguments, VoteArguments } from '../arguments.ts';
import { dayIsComplete, mayVoteFor } from '../choices.ts';
import { withEvents } from '../events.ts';
import { earlyDeadlineMs } from '../pace.ts';
import { recorded } from '../proof/append.ts';
import { refused } from '../refusals.ts';
import type { RefusalCode } from '../refusals.ts';
import { isAlive, isNow, playerOf } from '../state.ts';
import type { Day, LynchVote, MafiaState, Moment, Player } from '../state.ts';
import { accusedBy } from './ballot.ts';
import { beginTrial } from './end.ts';
import { presentToday, returned } from './presence.ts';

/** The day and the living player whom a command is about; or why it is not for now. */
function atDay(state: MafiaState, args: Moment & { readonly ballot?: number | undefined }, ctx: CommandContext): { readonly day: Day; readonly self: Player } | RefusalCode {
  if (ctx.caller === null) return 'notAnAgent';
  if (state.phase !== 'day' || !isNow(state, args)) return 'wrongPhase';
  const self = playerOf(state, ctx.caller.agent);
  if (self === undefined) return 'notInGame';
  return isAlive(self) ? { day: state, self } : 'notAlive';
}

const isThisBallot = (day: Day, ballot: number | undefined): boolean => (ballot ?? 1) === day.ballot;
const without = (ids: readonly AgentId[], id: AgentId): readonly AgentId[] => (ids.includes(id) ? ids.filter((other) => other !== id) : ids);

const withVote = (votes: readonly LynchVote[], vote: LynchVote): readonly LynchVote[] => [...(votes.some((other) => other.by === vote.by) ? votes.filter((other) => other.by !== vote.by) : votes), vote];

/** Ends the phase early when nobody is waited for any more. */
function settled(day: Day, ctx: CommandContext): Applied<MafiaState> {
  return applied<MafiaState>(dayIsComplete(day) ? { ...day, deadlineMs: earlyDeadlineMs(day, ctx.logTimeMs) } : day);
}

/** A lynch vote, public and changeable until the ballot ends; where players are nominated, a majority of them begins a trial. */
export function vote(state: MafiaState, args: VoteArguments, ctx: CommandContext): Applied<MafiaState> {
  const found = atDay(state, args, ctx);
  if (typeof found === 'string') return refused(found);
  const { day, self } = found;
  if (day.trial !== null || !isThisBallot(day, args.ballot)) return refused('wrongPhase');
  if (args.target !== null) {
    const target = playerOf(day, args.target);
    if (target === undefined || !isAlive(target)) return refused('unknownTarget');
    if (!mayVoteFor(self, target, day)) return refused('targetNotAllowed');
  }
  const cast: Day = { ...day, players: returned(day.players, self), abstained: without(day.abstained, self.id), votes: withVote(day.votes, { by: self.id, target: args.target }) };
  const accused = day.options.voteMode === 'nomination' ? accusedBy(cast.votes, cast.players) : null;
  if (accused === null) return settled(cast, ctx);
  return applied<MafiaState>(recorded(cast, beginTrial(cast, accused, ctx), ctx.logTimeMs, { kind: 'phaseEnded', by: 'majority' }));
}

/** Takes one's lynch vote back, and has none in this ballot. */
export function abstain(state: MafiaState, args: AbstainArguments, ctx: CommandContext): Applied<MafiaState> {
  const found = atDay(state, args, ctx);
  if (typeof found === 'string') return refused(found);
  const { day, self } = found;
  if (day.trial !== null || !isThisBallot(day, args.ballot)) return refused('wrongPhase');
  return settled({ ...day, players: returned(day.players, self), votes: day.votes.filter((other) => other.by !== self.id), abstained: [...without(day.abstained, self.id), self.id] }, ctx);
}

/** Guilty, innocent or neither, over whoever is on trial. */
export function judge(state: MafiaState, args: JudgeArguments, ctx: CommandContext): Applied<MafiaState> {
  const found = atDay(state, args, ctx);
  if (typeof found === 'string') return refused(found);
  const { day, self } = found;
  const { trial } = day;
  if (trial === null || !isThisBallot(day, args.ballot)) return refused('wrongPhase');
  if (trial.accused === self.id) return refused('targetNotAllowed');
  const judgements = [...trial.judgements.filter((made) => made.by !== self.id), { by: self.id, verdict: args.verdict }];
  return settled({ ...day, players: returned(day.players, self), trial: { ...trial, judgements } }, ctx);
}

/** Says that one needs no more time today. */
export function ready(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  const found = atDay(state, args, ctx);
  if (typeof found === 'string') return refused(found);
  const { day, self } = found;
  return settled({ ...day, ...presentToday(day, self), ready: [...without(day.ready, self.id), self.id], extending: without(day.extending, self.id) }, ctx);
}

export function extended(day: Day): Day {
  return {
    ...day, extending: [], extensions: day.extensions + 1, deadlineMs: day.deadlineMs + day.options.extensionMs, warnedMs: null,
    events: withEvents(day.events, [{ kind: 'extended', round: day.round }]),
  };
}

/** Asks for more time; the day gets it once more than half of the living have asked. */
export function extend(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  const found = atDay(state, args, ctx);
  if (typeof found === 'string') return refused(found);
  const { day, self } = found;
  const { options } = day;
  if (day.extensions >= options.extensionsMax) return refused('noMoreTime');
  const extending = [...without(day.extending, self.id), self.id];
  const asked: Day = { ...day, ...presentToday(day, self), extending, ready: without(day.ready, self.id) };
  if (extending.length * 2 <= day.players.filter(isAlive).length) return applied<MafiaState>(asked);
  return applied<MafiaState>(recorded(asked, extended(asked), ctx.logTimeMs, { kind: 'extended' }));
}
