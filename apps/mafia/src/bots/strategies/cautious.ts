import type { AgentId } from '@raft-mesh/state-machine';
import type { OwnAction } from '../../index.ts';
import { oneOf } from '../bot-random.ts';
import type { BotRandom } from '../bot-random.ts';
import type { Playing, Strategy } from '../strategy.ts';
import { fellowsOf, foundBy, isMafiaSide, mostChosen, nameIn, without } from './table-sense.ts';

function lynchTarget(view: Playing, targets: readonly AgentId[], random: BotRandom): AgentId | null {
  if (isMafiaSide(view)) {
    const prey = without(targets, fellowsOf(view));
    return mostChosen(view.votes, prey) ?? oneOf(prey, random);
  }
  const found = foundBy(view, true);
  const guilty = targets.filter((id) => found.includes(id));
  if (guilty.length > 0) return oneOf(guilty, random);
  const suspects = without(targets, foundBy(view, false));
  // Often go along with the crowd: a town that scatters its votes condemns nobody; one that always does hangs whoever is named first.
  const crowd = random.below(100) < 50 ? mostChosen(view.votes, suspects) : null;
  return crowd ?? oneOf(suspects.length > 0 ? suspects : targets, random);
}

function verdictOn(view: Playing, accused: AgentId | undefined, random: BotRandom): AgentId | null {
  if (accused === undefined) return null;
  if (isMafiaSide(view)) return fellowsOf(view).includes(accused) ? null : accused;
  if (foundBy(view, true).includes(accused)) return accused;
  if (foundBy(view, false).includes(accused)) return null;
  return random.below(100) < 55 ? accused : null;
}

function choose(view: Playing, { action, targets }: OwnAction, random: BotRandom): AgentId | null {
  switch (action) {
    case 'vote': return lynchTarget(view, targets, random);
    case 'judge': return verdictOn(view, targets[0], random);
    // Agree with the others of the mafia, so that no tie is drawn.
    case 'kill': return mostChosen(view.picks, targets) ?? oneOf(targets, random);
    case 'investigate': {
      const unknown = without(targets, view.learned.investigations.map((made) => made.target));
      return oneOf(unknown.length > 0 ? unknown : targets, random);
    }
    // Without a reason it is rather a friend than a foe whom a bullet hits, or a block stops.
    case 'shoot': return oneOf(targets.filter((id) => foundBy(view, true).includes(id)), random) ?? (view.round >= 3 && random.below(100) < 30 ? oneOf(targets, random) : null);
    case 'frame': return oneOf(without(targets, fellowsOf(view)), random);
    // Whoever speaks for the town is in danger, oneself too; by chance is hard to guess.
    case 'protect': case 'guard': case 'block': case 'aim': case 'track': case 'watch': return oneOf(targets, random);
    default: return action satisfies never;
  }
}

const dayLines = ['I slept badly.', 'Somebody here is very quiet.', 'It was not me.', 'Who gains by this?', 'I have a feeling about one of you.', 'Let us not rush this.', 'No idea. Sorry.', 'You all look innocent. That is the problem.'];
const deadLines = ['Well, that was short.', 'I knew it.', 'Good luck to them.', 'It is quiet here.'];

function say(view: Playing, random: BotRandom): string | null {
  if (random.below(100) >= 30) return null;
  switch (view.you.channel) {
    case null: case 'mafia': return null;
    case 'dead': return random.below(100) < 40 ? oneOf(deadLines, random) : null;
    case 'table': {
      const guilty = foundBy(view, true).find((id) => view.players.some((player) => player.id === id && player.alive));
      return guilty === undefined ? oneOf(dayLines, random) : `I do not trust ${nameIn(view, guilty)}.`;
    }
    default: return view.you.channel satisfies never;
  }
}

/** Uses what it knows for certain, else often goes along with the crowd. */
export const cautious: Strategy = {
  name: 'cautious', difficulty: 'medium',
  rule: 'Votes for whom it has found guilty, else as often as not with the crowd, and says little.',
  choose, say,
};
