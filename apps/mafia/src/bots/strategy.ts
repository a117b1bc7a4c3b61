import type { AgentId, JsonObject } from '@raft-mesh/state-machine';
import type { MafiaView, Moment, Own } from '../index.ts';
import { oneOf } from './random.ts';
import type { BotRandom } from './random.ts';

/** A command of the module `mafia`. */
export interface BotMove {
  readonly command: string;
  readonly args: JsonObject;
}

const momentOf = (view: MafiaView): Moment => ({ game: view.game, phase: view.phase, round: view.round });

/** The one with the most choices among `allowed`, `null` when nobody has any. */
function mostChosen(choices: readonly { readonly target: AgentId | null }[], allowed: readonly AgentId[]): AgentId | null {
  let best: AgentId | null = null;
  let most = 0;
  for (const candidate of allowed) {
    const count = choices.filter((choice) => choice.target === candidate).length;
    if (count > most) { best = candidate; most = count; }
  }
  return best;
}

const without = (ids: readonly AgentId[], others: readonly AgentId[]): readonly AgentId[] => ids.filter((id) => !others.includes(id));

function nightTarget(view: MafiaView, you: Own, random: BotRandom): AgentId | null {
  switch (you.action) {
    // Agree with the others of the mafia, so that no tie is drawn.
    case 'kill': return mostChosen(view.picks, you.targets) ?? oneOf(you.targets, random);
    case 'investigate': {
      const unknown = without(you.targets, view.learned.investigations.map((made) => made.target));
      return oneOf(unknown.length > 0 ? unknown : you.targets, random);
    }
    // Whoever speaks for the town is in danger, oneself too; by chance is hard to guess.
    case 'protect': return oneOf(you.targets, random);
    case 'vote': case null: return null;
    default: return you.action satisfies never;
  }
}

function lynchTarget(view: MafiaView, you: Own, random: BotRandom): AgentId | null {
  const fellows = view.players.filter((player) => player.character === 'mafia').map((player) => player.id);
  if (you.character === 'mafia') {
    const prey = without(you.targets, fellows);
    return mostChosen(view.votes, prey) ?? oneOf(prey, random);
  }
  const found = view.learned.investigations.filter((made) => made.isMafia).map((made) => made.target);
  const guilty = you.targets.filter((id) => found.includes(id));
  if (guilty.length > 0) return oneOf(guilty, random);
  const cleared = view.learned.investigations.filter((made) => !made.isMafia).map((made) => made.target);
  const suspects = without(you.targets, cleared);
  // Often go along with the crowd: a town that scatters its votes condemns nobody; one that always does hangs whoever is named first.
  const crowd = random.below(100) < 50 ? mostChosen(view.votes, suspects) : null;
  return crowd ?? oneOf(suspects.length > 0 ? suspects : you.targets, random);
}

/** What a bot does now, from its view alone; `null` when there is nothing (more) to do in this phase. */
export function nextMove(view: MafiaView, random: BotRandom): BotMove | null {
  const { you } = view;
  if (you === null) return view.phase === 'lobby' ? { command: 'join', args: {} } : null;
  if (you.action === null || you.chosen !== null) return null;
  if (you.action === 'vote') return { command: 'vote', args: { ...momentOf(view), target: lynchTarget(view, you, random) } };
  const target = nightTarget(view, you, random);
  return target === null ? null : { command: you.action, args: { ...momentOf(view), target } };
}

const dayLines = ['I slept badly.', 'Somebody here is very quiet.', 'It was not me.', 'Who gains by this?', 'I have a feeling about one of you.', 'Let us not rush this.', 'No idea. Sorry.', 'You all look innocent. That is the problem.'];
const deadLines = ['Well, that was short.', 'I knew it.', 'Good luck to them.', 'It is quiet here.'];

/** Something to say now and then; `null` for silence. A bot speaks at most once a phase. */
export function nextLine(view: MafiaView, random: BotRandom): BotMove | null {
  const { you } = view;
  if (you === null || view.phase === 'lobby' || view.phase === 'ended' || random.below(100) >= 30) return null;
  const say = (text: string | null): BotMove | null => (text === null ? null : { command: 'say', args: { ...momentOf(view), text } });
  switch (you.channel) {
    case null: case 'mafia': return null;
    case 'dead': return random.below(100) < 40 ? say(oneOf(deadLines, random)) : null;
    case 'table': {
      const guilty = view.learned.investigations.find((made) => made.isMafia && you.targets.includes(made.target));
      const name = view.players.find((player) => player.id === guilty?.target)?.name;
      return say(name === undefined ? oneOf(dayLines, random) : `I do not trust ${name}.`);
    }
    default: return you.channel satisfies never;
  }
}
