import { applied } from '@raft-mesh/state-machine';
import type { Applied, CommandContext } from '@raft-mesh/state-machine';
import type { MomentArguments, NightArguments, WillArguments } from './arguments.ts';
import { characters } from './characters/index.ts';
import { mayTarget, nightActionsOf, nightIsComplete } from './choices.ts';
import { withEvents } from './events.ts';
import { mayHost } from './hosting.ts';
import type { NightAction } from './night-actions.ts';
import { earlyDeadlineMs } from './pace.ts';
import { ended } from './phases.ts';
import { recorded } from './proof/append.ts';
import { refused } from './refusals.ts';
import { isAlive, isNow, playerOf } from './state.ts';
import type { Day, MafiaState, Night, Player } from './state.ts';
import { tidyLine } from './text.ts';

/** The command for one night action. Choosing again changes the choice; the phase ends only by its deadline. */
export function nightCommand(action: NightAction): (state: MafiaState, args: NightArguments, ctx: CommandContext) => Applied<MafiaState> {
  return (state, args, ctx) => {
    if (ctx.caller === null) return refused('notAnAgent');
    if (state.phase !== 'night' || !isNow(state, args)) return refused('wrongPhase');
    const by = ctx.caller.agent;
    const actor = playerOf(state, by);
    if (actor === undefined) return refused('notInGame');
    if (!isAlive(actor)) return refused('notAlive');
    if (!characters[actor.character].actions.includes(action)) return refused('notYourCharacter');
    if (!nightActionsOf(actor).includes(action)) return refused('usedUp');
    if (args.target !== null) {
      const target = playerOf(state, args.target);
      if (target === undefined || !isAlive(target)) return refused('unknownTarget');
      if (!mayTarget(actor, action, target, state)) return refused('targetNotAllowed');
    }
    const next: Night = { ...state, choices: [...state.choices.filter((choice) => choice.by !== by || choice.action !== action), { by, action, target: args.target }] };
    return applied<MafiaState>(state.options.endsEarly !== 'never' && nightIsComplete(next) ? { ...next, deadlineMs: earlyDeadlineMs(next, ctx.logTimeMs) } : next);
  };
}

/** Writes one's last will anew; an empty one is none. */
export function writeWill(state: MafiaState, args: WillArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if ((state.phase !== 'night' && state.phase !== 'day') || args.game !== state.game) return refused('wrongPhase');
  const self = playerOf(state, ctx.caller.agent);
  if (self === undefined) return refused('notInGame');
  if (!isAlive(self)) return refused('notAlive');
  if (!state.options.wills) return refused('notInThisGame');
  const will = tidyLine(args.text);
  return applied<MafiaState>({ ...state, players: state.players.map((player) => (player === self ? { ...self, will } : player)) });
}

/** The host gives a game up: nobody wins. */
export function stop(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if ((state.phase !== 'night' && state.phase !== 'day') || !isNow(state, args)) return refused('wrongPhase');
  if (!mayHost(state, ctx.caller)) return refused('notTheHost');
  const by = ctx.caller.agent;
  const stopped = ended({ ...state, hosting: { ...state.hosting, seenAtMs: ctx.logTimeMs } }, 'nobody', [{ kind: 'stopped', round: state.round, by }]);
  return applied<MafiaState>(recorded(state, stopped, ctx.logTimeMs, { kind: 'stopped', by }));
}

export function revealedMayor(day: Day, mayor: Player): Day {
  return {
    ...day, players: day.players.map((player) => (player === mayor ? { ...mayor, isRevealed: true } : player)),
    events: withEvents(day.events, [{ kind: 'mayor', round: day.round, player: mayor.id }]),
  };
}

/** Tells the table that one is the mayor. */
export function reveal(state: MafiaState, args: MomentArguments, ctx: CommandContext): Applied<MafiaState> {
  if (ctx.caller === null) return refused('notAnAgent');
  if (state.phase !== 'day' || !isNow(state, args)) return refused('wrongPhase');
  const self = playerOf(state, ctx.caller.agent);
  if (self === undefined) return refused('notInGame');
  if (!isAlive(self)) return refused('notAlive');
  if (self.character !== 'mayor') return refused('notYourCharacter');
  if (self.isRevealed) return applied<MafiaState>(state);
  return applied<MafiaState>(recorded(state, revealedMayor(state, self), ctx.logTimeMs, { kind: 'revealed', by: self.id }));
}
