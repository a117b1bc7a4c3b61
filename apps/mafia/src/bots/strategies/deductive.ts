import type { AgentId } from '@raft-mesh/state-machine';
import type { OwnAction } from '../../index.ts';
import { oneOf } from '../bot-random.ts';
import type { BotRandom } from '../bot-random.ts';
import type { Playing, Strategy } from '../strategy.ts';
import { highest, suspicions } from './suspicion.ts';
import { fellowsOf, foundBy, isMafiaSide, mostChosen, nameIn, without } from './table-sense.ts';

/** As much surer as one vote of somebody else makes one. */
const crowdWeight = 0.06;
const sureToShoot = 0.6;
/** Of so many whom nobody suspects one is drawn, or it would be known who. */
const trustedMost = 3;
const shakeMost = 0.05;
const shakeSteps = 1_000;

/** Small differences by chance, so that not all bots think alike, and equals are equal. */
const shaken = (chance: number, random: BotRandom): number => chance * (1 + shakeMost * (random.below(shakeSteps) / shakeSteps - 0.5));

function lynchTarget(view: Playing, targets: readonly AgentId[], random: BotRandom): AgentId | null {
  const isMafia = isMafiaSide(view);
  // The mafia vote as it must look to the others, only never for their own.
  const chances = suspicions(view, !isMafia);
  const allowed = isMafia ? without(targets, fellowsOf(view)) : targets;
  const votesFor = (id: AgentId): number => view.votes.filter((vote) => vote.target === id).length;
  const scores = new Map(allowed.map((id) => [id, shaken(chances.get(id) ?? 0, random) + crowdWeight * votesFor(id)]));
  return highest(allowed, (id) => scores.get(id) ?? 0);
}

function verdictOn(view: Playing, accused: AgentId | undefined): AgentId | null {
  if (accused === undefined) return null;
  if (isMafiaSide(view)) return fellowsOf(view).includes(accused) ? null : accused;
  const chances = suspicions(view);
  const mean = [...chances.values()].reduce((sum, each) => sum + each, 0) / Math.max(1, chances.size);
  return (chances.get(accused) ?? 0) > mean ? accused : null;
}

function choose(view: Playing, { action, targets }: OwnAction, random: BotRandom): AgentId | null {
  const isMafia = isMafiaSide(view);
  const chances = suspicions(view, !isMafia);
  const chanceOf = (id: AgentId): number => chances.get(id) ?? 0;
  const ranked = (ids: readonly AgentId[]): readonly AgentId[] => ids.map((id) => ({ id, value: shaken(chanceOf(id), random) })).sort((a, b) => b.value - a.value).map(({ id }) => id);
  const most = (ids: readonly AgentId[]): AgentId | null => ranked(ids)[0] ?? null;
  const trusted = (ids: readonly AgentId[]): AgentId | null => oneOf(ranked(ids).slice(-trustedMost), random);
  const mayor = view.players.find((player) => player.character === 'mayor' && player.alive && player.id !== view.you.id)?.id;
  switch (action) {
    case 'vote': return lynchTarget(view, targets, random);
    case 'judge': return verdictOn(view, targets[0]);
    // Whom the village trusts is dangerous; but the mafia agree first.
    case 'kill': return mostChosen(view.picks, targets) ?? (mayor !== undefined && targets.includes(mayor) ? mayor : trusted(targets));
    case 'investigate': case 'track': {
      const fresh = without(targets, [...view.learned.investigations, ...view.learned.tracks].map((made) => made.target));
      return most(fresh.length > 0 ? fresh : targets);
    }
    case 'shoot': { const worst = most(targets); return worst !== null && chanceOf(worst) >= sureToShoot ? worst : null; }
    case 'aim': return most(targets);
    case 'block': return isMafia ? trusted(targets) : most(targets);
    case 'frame': return trusted(without(targets, fellowsOf(view)));
    case 'protect': case 'guard': case 'watch': return mayor !== undefined && targets.includes(mayor) && random.below(2) === 0 ? mayor : trusted(targets);
    default: return action satisfies never;
  }
}

/** A name, when the bot is sure enough to say it aloud. */
export function accusation(view: Playing): string | null {
  const guilty = foundBy(view, true).find((id) => view.players.some((player) => player.id === id && player.alive));
  return guilty === undefined ? null : `I do not trust ${nameIn(view, guilty)}.`;
}

/** Reckons how likely each one is mafia, and says only what it knows. */
export const deductive: Strategy = {
  name: 'deductive', difficulty: 'hard',
  rule: 'Reckons from votes, deaths and its own results how likely each one is mafia, and acts by it.',
  choose, say: (view) => (view.you.channel === 'table' ? accusation(view) : null),
};
