import type { StepContext } from '@raft-mesh/state-machine';
import { nightActions } from '../night-actions.ts';
import { toldOf, withEvents } from '../events.ts';
import type { NewEvent } from '../events.ts';
import { recordsMax } from '../limits.ts';
import { afterPhase } from '../phases.ts';
import { lastOf } from '../state.ts';
import type { Ended, Night, NightRecord, Player, Running } from '../state.ts';
import { resolveNight } from './resolve.ts';

function afterNight(player: Player, record: NightRecord): Player {
  const uses = record.deeds.some((deed) => deed.by === player.id && deed.target !== null && !deed.isBlocked && nightActions[deed.action].timesMax !== null);
  const dies = record.killed.includes(player.id);
  if (!uses && !dies) return player;
  return { ...player, used: player.used + (uses ? 1 : 0), died: dies ? { round: record.round, phase: 'night', cause: 'killed' } : player.died };
}

/** Settles what was chosen tonight; the day breaks, or the game is over. */
export function endNight(state: Night, ctx: StepContext): Running | Ended {
  const record = resolveNight(state, ctx.random);
  const { round, options } = state;
  const news = state.players.flatMap((player): NewEvent[] => (record.killed.includes(player.id) ? [{ kind: 'killed', round, player: player.id, ...toldOf(player, options) }] : []));
  return afterPhase({
    ...state,
    players: state.players.map((player) => afterNight(player, record)),
    nights: lastOf([...state.nights, record], recordsMax),
    events: withEvents(state.events, news.length > 0 ? news : [{ kind: 'quietNight', round }]),
  }, record.killed.length, ctx);
}
