import { oneOf } from '../bot-random.ts';
import type { BotRandom } from '../bot-random.ts';
import type { Playing, Strategy } from '../strategy.ts';
import { accusation, deductive } from './deductive.ts';
import { highest, suspicions } from './suspicion.ts';
import { fellowsOf, isMafiaSide, nameIn, without } from './table-sense.ts';

const talksPercent = 70;

const openings = ['Good morning, everyone. Those of us who are left.', 'Well. Here we are again.', 'Did anyone hear anything last night?', 'I slept like a stone. Suspicious, I know.', 'Coffee first, accusations later.', 'Let us take this one step at a time.'];
const quietNights = ['Nobody died? Somebody has a good doctor.', 'A quiet night. I trust it less than a loud one.', 'So they missed, or they waited. Either way they are still here.'];
const doubts = ['{name} worries me.', 'Has anyone else noticed {name}?', '{name}, what is your story?', 'If I had to choose now, I would choose {name}.', 'There is something about how {name} votes.', '{name} agrees with everyone. Nobody agrees with everyone.', 'I keep coming back to {name}.'];
const mournings = ['Poor {name}.', 'Why {name}, of all people? Who gains by that?', '{name} must have been close to the truth.', 'Think of whom {name} suspected.'];
const defences = ['I can see why you look at me. You are wrong, but I can see it.', 'Vote for me and you will lose a day and a friend.', 'Me? I would be a poor choice.'];
const atNight = ['Who bothers us most?', 'Not the loud ones. The quiet, trusted ones.', 'Let us agree, and be done with it.', 'They look at me already. Be careful tomorrow.', 'I say we strike where they feel safe.'];
const amongTheDead = ['Well, that was short.', 'I knew it. I truly did.', 'They will get it wrong, watch.', 'It is peaceful here, at least.', 'My money is on {name}.', 'If only they could hear us.'];

const filled = (template: string | null, name: string): string | null => template?.replaceAll('{name}', name) ?? null;

function dayLine(view: Playing, random: BotRandom): string | null {
  const known = accusation(view);
  if (known !== null) return known;
  const own = view.votes.filter((vote) => vote.target === view.you.id).length;
  if (own >= 2) return oneOf(defences, random);
  const victim = view.players.find((player) => player.died?.round === view.round && player.died.phase === 'night');
  if (victim !== undefined && random.below(100) < 35) return filled(oneOf(mournings, random), victim.name);
  if (victim === undefined && view.round > 1 && random.below(100) < 35) return oneOf(quietNights, random);
  if (view.round === 1 || random.below(100) < 20) return oneOf(openings, random);
  const chances = suspicions(view, !isMafiaSide(view));
  const others = without(view.players.filter((player) => player.alive).map(({ id }) => id), [view.you.id, ...(isMafiaSide(view) ? fellowsOf(view) : [])]);
  return filled(oneOf(doubts, random), nameIn(view, highest(others, (id) => chances.get(id) ?? 0)));
}

function say(view: Playing, random: BotRandom): string | null {
  if (random.below(100) >= talksPercent && accusation(view) === null) return null;
  switch (view.you.channel) {
    case null: return null;
    case 'table': return dayLine(view, random);
    case 'mafia': return fellowsOf(view).filter((id) => view.players.some((player) => player.id === id && player.alive)).length > 1 ? oneOf(atNight, random) : null;
    case 'dead': return filled(oneOf(amongTheDead, random), nameIn(view, oneOf(view.players.filter((player) => player.alive).map(({ id }) => id), random)));
    default: return view.you.channel satisfies never;
  }
}

/** Plays like the deductive one, and talks. */
export const talker: Strategy = {
  name: 'talker', difficulty: 'hard',
  rule: 'Plays by the same reckoning, and has something to say about everyone.',
  choose: (view, action, random) => deductive.choose(view, action, random), say,
};
