import type { AgentId, CommandContext } from '@raft-mesh/state-machine';
import { HashRandom } from '@raft-mesh/state-machine';
import { expire } from '../expire.ts';
import { nightCommand } from '../play-commands.ts';
import type { RecordEntry } from '../proof/record.ts';
import type { MafiaState, Night } from '../state.ts';
import { wrong } from './replayed.ts';
import type { Replayed } from './replayed.ts';

/** What a step sees of the world when it is played again: who, and when. Chance comes from the record, so that none of this is ever drawn. */
export const contextOf = (by: AgentId, logTimeMs: number): CommandContext =>
  ({ caller: { agent: by, name: by, accessRole: 'worker' }, logTimeMs, index: 0, random: new HashRandom('0'.repeat(64), 'none'), emit: () => undefined });

/** Plays a night again: what was chosen, by the commands of the game, and then its end. */
export function replayNight(night: Night, entry: RecordEntry & { readonly kind: 'night' }): Replayed {
  let state: MafiaState = night;
  const { game, phase, round, startedAtMs } = night;
  for (const { by, action, target } of entry.choices) {
    const result = nightCommand(action)(state, { game, phase, round, target }, contextOf(by, startedAtMs));
    if (!result.applied) return wrong(`${by} could not ${action} ${target ?? 'nobody'}: ${result.refusal.message}`);
    ({ state } = result);
  }
  if (state.phase !== 'night' || state.choices.length !== entry.choices.length) return wrong('somebody chose twice');
  if (entry.atMs < state.deadlineMs) return wrong('the night ended while somebody was waited for');
  return { ok: true, state: expire(state, contextOf('' as AgentId, entry.atMs)) };
}
