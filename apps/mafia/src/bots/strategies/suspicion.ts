import type { AgentId } from '@raft-mesh/state-machine';
import { charactersFor, characters, sideOf } from '../../index.ts';
import type { Character } from '../../index.ts';
import type { Playing } from '../strategy.ts';

// How likely each of the living is mafia, by Bayes: the prior is the setup, which all know; votes, deaths, words and one's own results are evidence.
// Each piece counts by itself, as if it told nothing of the others: wrong in small ways, and good enough to vote by.

/** How much likelier a piece of evidence is from mafia than from others. */
const likelier = {
  /** Voted for one who proved to be with the town; with the mafia. */
  votedTown: 1.3, votedMafia: 0.3,
  /** Had a vote of somebody whom the mafia killed that night or later. */
  suspectedByVictim: 1.25,
  /** Said by one who proved to be the detective; by anyone else. */
  namedByDetective: 12, named: 1.2,
  /** Was at the door of one who died that night. */
  atTheDoor: 8,
  /** A detective's finding: nearly certain, unless a framer or a godfather is about. */
  guilty: 200, guiltyOrFramed: 6, innocent: 0.005, innocentOrGodfather: 0.3,
} as const;

/** The characters that this game was dealt, which everyone knows. */
function castOf(view: Playing): readonly Character[] { return charactersFor(view.players.length, view.options) ?? []; }

/** Chances of so many independent ones with these odds, scaled so that together they are as many as there are. */
function scaled(odds: ReadonlyMap<AgentId, number>, sum: number): Map<AgentId, number> {
  const chances = (factor: number): Map<AgentId, number> => new Map([...odds].map(([id, each]) => [id, (each * factor) / (1 + each * factor)]));
  let low = 0;
  let high = 1e6;
  for (let halving = 0; halving < 40; halving += 1) {
    const middle = halving < 8 ? Math.sqrt(Math.max(low, 1e-6) * high) : (low + high) / 2;
    const total = [...chances(middle).values()].reduce((all, each) => all + each, 0);
    if (total < sum) low = middle; else high = middle;
  }
  return chances(high);
}

/**
 * How likely each living player is mafia, as this viewer may reckon. `knowing: false` leaves out what only this viewer knows: how it looks
 * to the others, which is what the mafia go by when they want to look like them.
 */
export function suspicions(view: Playing, knowing = true): ReadonlyMap<AgentId, number> {
  const cast = castOf(view);
  const living = view.players.filter((player) => player.alive);
  const shown = new Map(view.players.filter((player) => !player.alive).map((player) => [player.id, player.side]));
  const odds = new Map<AgentId, number>(living.map(({ id }) => [id, 1]));
  const weigh = (id: AgentId, factor: number): void => { const before = odds.get(id); if (before !== undefined) odds.set(id, before * factor); };

  for (const day of view.days) {
    for (const { by, target } of [...day.votes, ...day.trials.flatMap((trial) => trial.nominations)]) {
      const side = target === null ? null : shown.get(target) ?? null;
      if (side === 'town') weigh(by, likelier.votedTown);
      else if (side === 'mafia') weigh(by, likelier.votedMafia);
      if (target !== null && view.players.some((player) => player.id === by && player.died?.cause === 'killed' && player.died.phase === 'night')) weigh(target, likelier.suspectedByVictim);
    }
  }
  for (const line of view.chat.table) {
    const speaker = view.players.find((player) => player.id === line.by);
    const named = /^I do not trust (.+)\.$/u.exec(line.text)?.[1];
    const player = named === undefined ? undefined : view.players.find(({ name }) => name === named);
    if (player !== undefined && speaker !== undefined && speaker.id !== view.you.id) weigh(player.id, !speaker.alive && speaker.character === 'detective' ? likelier.namedByDetective : likelier.named);
  }
  if (knowing) {
    const isHidden = cast.some((character) => sideOf(character) === 'mafia' && characters[character].seems === 'innocent');
    for (const { target, isGuilty } of view.learned.investigations) {
      weigh(target, isGuilty ? (cast.includes('framer') ? likelier.guiltyOrFramed : likelier.guilty) : isHidden ? likelier.innocentOrGodfather : likelier.innocent);
    }
    const diedIn = (round: number): readonly AgentId[] => view.players.filter((player) => player.died?.round === round && player.died.phase === 'night').map(({ id }) => id);
    for (const { round, target, visited } of view.learned.tracks) if (visited.some((id) => diedIn(round).includes(id))) weigh(target, likelier.atTheDoor);
    for (const { round, target, visitors } of view.learned.watches) if (diedIn(round).includes(target)) for (const visitor of visitors) weigh(visitor, likelier.atTheDoor);
    // Nobody suspects oneself.
    odds.delete(view.you.id);
  }
  for (const player of living) if (player.character === 'mayor' && player.id !== view.you.id) odds.delete(player.id);
  const dead = [...shown.values()].filter((side) => side === 'mafia').length;
  const left = Math.max(0.5, cast.filter((character) => sideOf(character) === 'mafia').length - dead);
  return scaled(odds, Math.min(left, Math.max(0, odds.size - 0.01)));
}

/** Of these, the one with the highest value; a draw among equals is the first. */
export function highest(ids: readonly AgentId[], value: (id: AgentId) => number): AgentId | null {
  let best: AgentId | null = null;
  for (const id of ids) if (best === null || value(id) > value(best)) best = id;
  return best;
}
