import type { AgentId, RandomSource } from '@raft-mesh/state-machine';
import type { Character } from '../character.ts';
import { characters } from '../characters/index.ts';
import { nightActionsOf } from '../choices.ts';
import { drawnFrom, mostChosen } from '../counting.ts';
import { nightActions } from '../night-actions.ts';
import type { NightAction } from '../night-actions.ts';
import { living } from '../state.ts';
import type { Deed, LynchVote, Night, NightChoice, NightRecord, Player } from '../state.ts';
import { deathsOf } from './attacks.ts';
import type { Attack } from './attacks.ts';

type Done = Deed & { readonly target: AgentId };

/** Of the mafia, those who have something better to do go to kill last. */
const goesToKill = (character: Character): number => (character === 'godfather' ? 2 : characters[character].actions.length > 1 ? 1 : 0);

/** Whom the mafia go for, and who of them goes: somebody who picked so. */
function attackOf(picks: readonly LynchVote[], players: readonly Player[], blocked: ReadonlySet<AgentId>, random: RandomSource): NightRecord['attack'] {
  const target = drawnFrom(mostChosen<AgentId | null, LynchVote>(picks).targets, random);
  if (target === null) return null;
  const pickers = picks.filter((pick) => pick.target === target).flatMap(({ by }) => players.filter((player) => player.id === by));
  const first = Math.min(...pickers.map((player) => goesToKill(player.character)));
  const killer = drawnFrom(pickers.filter((player) => goesToKill(player.character) === first), random);
  return killer === null ? null : { target, by: killer.id, isBlocked: blocked.has(killer.id) };
}

/** Block, protect, kill, investigate, and whatever deceives before the investigations. Who dies of it tonight has acted all the same, and learns what they learn. */
export function resolveNight(state: Night, random: RandomSource): NightRecord {
  const { players, choices, round } = state;
  const alive = living(players);
  const isTheirs = ({ by, action }: NightChoice): boolean => alive.some((player) => player.id === by && nightActionsOf(player).includes(action));
  const made = choices.filter(isTheirs);
  const picks: readonly LynchVote[] = made.filter(({ action }) => action === 'kill').map(({ by, target }) => ({ by, target }));
  const chosen: Deed[] = made.filter(({ action }) => action !== 'kill').map((choice) => ({ ...choice, isBlocked: false }));
  // Whoever chose nothing let it be.
  for (const { id: by, character } of alive) {
    for (const action of characters[character].actions) {
      if (action !== 'kill' && !chosen.some((deed) => deed.by === by && deed.action === action)) chosen.push({ by, action, target: null, isBlocked: false });
    }
  }
  const blocked = new Set(chosen.flatMap((deed) => (deed.action === 'block' && deed.target !== null ? [deed.target] : [])));
  const deeds = blocked.size === 0 ? chosen : chosen.map((deed) => ({ ...deed, isBlocked: nightActions[deed.action].canBeBlocked && blocked.has(deed.by) }));
  const attack = attackOf(picks, alive, blocked, random);
  const done = deeds.filter((deed): deed is Done => deed.target !== null && !deed.isBlocked);
  const of = (action: NightAction): readonly Done[] => done.filter((deed) => deed.action === action);

  const attacks: Attack[] = of('shoot').map(({ by, target }) => ({ by, on: target }));
  if (attack !== null && !attack.isBlocked) attacks.unshift({ by: attack.by, on: attack.target });
  const dead = deathsOf(attacks, {
    protectedOnes: new Set(of('protect').map(({ target }) => target)),
    guards: of('guard').map(({ by, target }) => ({ by, on: target })),
    aims: new Map(of('aim').map(({ by, target }) => [by, target])),
  });

  const framed = new Set(of('frame').map(({ target }) => target));
  const visits = done.filter(({ by, action, target }) => nightActions[action].visits && by !== target).map(({ by, target }) => ({ by, target }));
  if (attack !== null && !attack.isBlocked) visits.push({ by: attack.by, target: attack.target });
  const atTable = (ids: readonly AgentId[]): readonly AgentId[] => players.map(({ id }) => id).filter((id) => ids.includes(id));
  return {
    round, deeds, picks, attack, killed: atTable([...dead]),
    investigations: of('investigate').map(({ by, target }) => {
      const found = players.find(({ id }) => id === target);
      return { by, target, isGuilty: (found !== undefined && characters[found.character].seems === 'guilty') !== framed.has(target) };
    }),
    tracks: of('track').map(({ by, target }) => ({ by, target, visited: atTable(visits.filter((visit) => visit.by === target).map((visit) => visit.target)) })),
    watches: of('watch').map(({ by, target }) => ({ by, target, visitors: atTable(visits.filter((visit) => visit.target === target && visit.by !== by).map((visit) => visit.by)) })),
  };
}

