import { contributionHash, everyNightAction, limits } from '@raft-mesh/mafia';
import type { MafiaView } from '@raft-mesh/mafia';
import { digestOfText } from '@raft-mesh/state-machine';
import type { AgentId, JsonValue, RandomSource } from '@raft-mesh/state-machine';
import { agent } from './table.ts';
import type { Table } from './table.ts';

// Random games for property tests: mostly sensible moves, some nonsense, time passing in leaps.

export interface Move {
  readonly by: AgentId;
  readonly command: string;
  readonly args: Record<string, JsonValue>;
}

function pick<Item>(items: readonly Item[], random: RandomSource): Item | undefined {
  return items.length === 0 ? undefined : items[random.integerBelow(items.length)];
}

const chance = (random: RandomSource, percent: number): boolean => random.integerBelow(100) < percent;

/** Commits, or starts; opens what it has committed, unless it is one who never does. */
function lobbyMove(by: AgentId, { game, fairness }: MafiaView, random: RandomSource): Move | null {
  const nonce = digestOfText(`nonce of ${by}`);
  if (fairness.opening !== null) return fairness.commitments.some((made) => made.by === by) && by !== 'p4' ? { by, command: 'open', args: { nonce } } : null;
  return chance(random, 40) ? { by, command: 'commit', args: { hash: contributionHash(game, { by, nonce }) } } : { by, command: 'start', args: {} };
}

/** What a player might sensibly do, from what that player sees. */
export function sensibleMove(by: AgentId, view: MafiaView, random: RandomSource): Move | null {
  const { you } = view;
  if (you === null) return view.phase === 'lobby' ? { by, command: 'join', args: {} } : null;
  if (you.channel !== null && chance(random, 20)) return { by, command: 'say', args: { text: `line ${random.integerBelow(1_000)}` } };
  if (view.phase === 'lobby') return lobbyMove(by, view, random);
  if (you.whisperTo.length > 0 && chance(random, 10)) return { by, command: 'whisper', args: { target: pick(you.whisperTo, random) ?? '', text: `psst ${random.integerBelow(1_000)}` } };
  if (you.alive && view.phase !== 'ended' && chance(random, 5)) return { by, command: 'will', args: { text: `it was ${random.integerBelow(1_000)}` } };
  if (you.canReveal && chance(random, 5)) return { by, command: 'reveal', args: {} };
  if (view.phase === 'day' && you.alive && chance(random, 8)) return { by, command: pick(['ready', 'extend', 'abstain'], random) ?? 'ready', args: {} };
  const action = pick(you.actions, random);
  if (action === undefined) return null;
  if (action.action === 'judge') return { by, command: 'judge', args: { verdict: pick(['guilty', 'innocent', 'abstain'], random) ?? 'abstain' } };
  const often = action.action === 'kill' ? action.targets : [...action.targets, null];
  return { by, command: action.action, args: { target: pick<JsonValue>(often, random) ?? null } };
}

const commands = ['join', 'leave', 'remove', 'configure', 'commit', 'open', 'start', ...everyNightAction, 'vote', 'abstain', 'judge', 'ready', 'extend', 'reveal', 'say', 'whisper', 'will', 'passHost', 'claimHost', 'rematch'];

/** Anything at all, from anyone. */
export function wildMove(everyone: readonly AgentId[], random: RandomSource): Move {
  const command = pick(commands, random) ?? 'join';
  const wild: Record<string, JsonValue> = chance(random, 30) ? { game: random.integerBelow(3), phase: pick(['lobby', 'night', 'day', 'ended', 'dusk'], random) ?? null, round: random.integerBelow(4), ballot: random.integerBelow(4) } : {};
  const options = pick<JsonValue>([{ ties: 'random' }, { ties: 'best' }, { cast: { mafia: 1, doctor: 3 } }, { nightMs: -1 }, { setup: 'vanilla' }], random) ?? null;
  const args = {
    target: pick<JsonValue>([...everyone, null, 'nobody', 7, '__proto__'], random) ?? null, text: pick(['hi', ' ', 'x'.repeat(limits.lineLengthMax)], random) ?? '', verdict: pick(['guilty', 'innocent', 'maybe'], random) ?? null, hash: digestOfText('anything'), nonce: pick(['1'.repeat(64), 'x'], random) ?? null,
    ...(command === 'configure' || (command === 'start' && chance(random, 50)) ? { options } : {}),
  };
  return { by: pick([...everyone, agent('stranger')], random) ?? agent('stranger'), command, args: { ...wild, ...args } };
}

/** Plays `steps` random steps at a table of `players`; `look` sees the table after each. Games that end are played again. */
export function playRandomly(table: Table, players: number, steps: number, random: RandomSource, look: (table: Table) => void): void {
  const everyone = Array.from({ length: players }, (_, place) => agent(`p${place + 1}`));
  for (let step = 0; step < steps; step += 1) {
    const kind = random.integerBelow(100);
    if (kind < 8) table.pass(random.integerBelow(chance(random, 50) ? 60_000 : 3_000));
    else if (kind < 20) { const move = wildMove(everyone, random); table.send(move.by, move.command, move.args); }
    else {
      const by = pick(everyone, random) ?? agent('p1');
      // Not at once, so that the end is looked at too.
      const move = table.state.phase === 'ended' ? (chance(random, 10) ? { by, command: 'rematch', args: {} } : null) : sensibleMove(by, table.viewOf(by), random);
      if (move !== null && (move.command !== 'start' || chance(random, 20))) table.send(move.by, move.command, move.args);
    }
    look(table);
  }
}
