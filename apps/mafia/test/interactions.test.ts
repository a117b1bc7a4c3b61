import { describe, expect, test } from '@jest/globals';
import { limits } from '@raft-mesh/mafia';
import type { Character } from '@raft-mesh/mafia';
import { agent, Table } from './table.ts';

// What happens when characters meet: p1, p2, … have the characters of each row, and do what it says.

interface Row {
  readonly says: string;
  readonly cast: readonly Character[];
  /** `p2 protect p5`, one after another; a leading `|` begins the next night. */
  readonly deeds: readonly string[];
  readonly dead: readonly string[];
  /** `p3: p1 guilty`, `p3: p1 visited p5`, `p3: p5 seen by p1`, `p3: blocked`, of the last night. */
  readonly learns?: readonly string[];
}

const crowd: readonly Character[] = ['villager', 'villager', 'villager', 'villager', 'villager', 'villager'];

function play(deeds: readonly string[], table: Table): void {
  for (const deed of deeds) {
    const [first = '', action = '', target = ''] = deed.split(' ');
    if (first.startsWith('|')) { table.endPhase(); table.endPhase(); }
    table.must(agent(first.replace('|', '')), action, { target: target === 'nobody' ? null : target });
  }
}

/** All that anyone learned in the last night, in words. */
function learned(table: Table): string[] {
  const { state } = table;
  if (state.phase === 'lobby') return [];
  const { round } = state;
  return state.players.flatMap(({ id }) => {
    const { deeds, investigations, tracks, watches } = table.viewOf(id).learned;
    const now = <Made extends { readonly round: number }>(made: readonly Made[]): readonly Made[] => made.filter((one) => one.round === round);
    return [
      ...now(deeds).filter(({ isBlocked }) => isBlocked).map(() => `${id}: blocked`),
      ...now(investigations).map(({ target, isGuilty }) => `${id}: ${target} ${isGuilty ? 'guilty' : 'innocent'}`),
      ...now(tracks).map(({ target, visited }) => `${id}: ${target} visited ${visited.join('+') || 'nobody'}`),
      ...now(watches).map(({ target, visitors }) => `${id}: ${target} seen by ${visitors.join('+') || 'nobody'}`),
    ];
  });
}

const rows: readonly Row[] = [
  { says: 'a doctor saves from the mafia', cast: ['mafia', 'doctor'], deeds: ['p1 kill p5', 'p2 protect p5'], dead: [] },
  { says: 'a doctor may save themselves', cast: ['mafia', 'doctor'], deeds: ['p1 kill p2', 'p2 protect p2'], dead: [] },
  { says: 'a doctor saves from a vigilante, and from both at once', cast: ['mafia', 'doctor', 'vigilante'], deeds: ['p1 kill p5', 'p3 shoot p5', 'p2 protect p5'], dead: [] },
  { says: 'a doctor who is killed tonight still saves', cast: ['mafia', 'doctor', 'vigilante'], deeds: ['p1 kill p2', 'p3 shoot p5', 'p2 protect p5'], dead: ['p2'] },
  { says: 'a blocked doctor saves nobody, and is told', cast: ['mafia', 'doctor', 'consort'], deeds: ['p1 kill p5', 'p2 protect p5', 'p3 block p2'], dead: ['p5'], learns: ['p2: blocked'] },

  { says: 'a blocked killer does not kill', cast: ['mafia', 'roleblocker'], deeds: ['p1 kill p5', 'p2 block p1'], dead: [] },
  { says: 'a block of one who stays at home stops nobody else of the mafia', cast: ['mafia', 'godfather', 'roleblocker'], deeds: ['p1 kill p5', 'p2 kill p5', 'p3 block p2'], dead: ['p5'] },
  { says: 'the godfather goes only when no other picked so', cast: ['mafia', 'godfather', 'roleblocker'], deeds: ['p2 kill p5', 'p3 block p2'], dead: [] },
  { says: 'a block cannot be blocked', cast: ['mafia', 'consort', 'roleblocker', 'doctor'], deeds: ['p1 kill p5', 'p2 block p3', 'p3 block p1'], dead: [] },
  { says: 'what one is does not change by being blocked', cast: ['godfather', 'roleblocker', 'detective'], deeds: ['p2 block p1', 'p3 investigate p1'], dead: [], learns: ['p3: p1 innocent'] },
  { says: 'a blocked vigilante does not shoot', cast: ['mafia', 'consort', 'vigilante'], deeds: ['p3 shoot p5', 'p2 block p3'], dead: [], learns: ['p3: blocked'] },
  { says: 'a blocked detective learns nothing', cast: ['mafia', 'consort', 'detective'], deeds: ['p3 investigate p1', 'p2 block p3'], dead: [], learns: ['p3: blocked'] },

  { says: 'a bodyguard and the killer die, the other lives', cast: ['mafia', 'mafia', 'bodyguard'], deeds: ['p1 kill p5', 'p3 guard p5'], dead: ['p1', 'p3'] },
  { says: 'a bodyguard whom nobody meets lives', cast: ['mafia', 'bodyguard'], deeds: ['p1 kill p5', 'p2 guard p6'], dead: ['p5'] },
  { says: 'a bodyguard strikes one attacker, and wards off the other', cast: ['mafia', 'mafia', 'bodyguard', 'vigilante'], deeds: ['p1 kill p5', 'p4 shoot p5', 'p3 guard p5'], dead: ['p1', 'p3'] },
  { says: 'a bodyguard strikes a vigilante too', cast: ['mafia', 'bodyguard', 'vigilante'], deeds: ['p3 shoot p5', 'p2 guard p5'], dead: ['p2', 'p3'] },
  { says: 'a doctor saves the bodyguard', cast: ['mafia', 'mafia', 'bodyguard', 'doctor'], deeds: ['p1 kill p5', 'p3 guard p5', 'p4 protect p3'], dead: ['p1'] },
  { says: 'a doctor saves even the attacker', cast: ['mafia', 'bodyguard', 'doctor'], deeds: ['p1 kill p5', 'p2 guard p5', 'p3 protect p1'], dead: ['p2'] },
  { says: 'a doctor at the same door saves nobody whom the bodyguard meets', cast: ['mafia', 'mafia', 'bodyguard', 'doctor'], deeds: ['p1 kill p5', 'p3 guard p5', 'p4 protect p5'], dead: ['p1', 'p3'] },
  { says: 'a blocked bodyguard stands before nobody', cast: ['mafia', 'consort', 'bodyguard'], deeds: ['p1 kill p5', 'p3 guard p5', 'p2 block p3'], dead: ['p5'], learns: ['p3: blocked'] },
  { says: 'two bodyguards before each other and a killer: the first falls for the second', cast: ['mafia', 'mafia', 'bodyguard', 'bodyguard'], deeds: ['p1 kill p3', 'p4 guard p3', 'p3 guard p4'], dead: ['p1', 'p4'] },

  { says: 'a vigilante kills', cast: ['mafia', 'mafia', 'vigilante'], deeds: ['p3 shoot p1'], dead: ['p1'] },
  { says: 'a vigilante and the mafia kill each other', cast: ['mafia', 'mafia', 'vigilante'], deeds: ['p1 kill p3', 'p3 shoot p1'], dead: ['p1', 'p3'] },
  { says: 'a vigilante may keep the bullet', cast: ['mafia', 'vigilante'], deeds: ['p2 shoot nobody'], dead: [] },

  { says: 'a hunter who is killed takes one along', cast: ['mafia', 'mafia', 'hunter'], deeds: ['p1 kill p3', 'p3 aim p1'], dead: ['p1', 'p3'] },
  { says: 'a hunter who lives kills nobody', cast: ['mafia', 'hunter'], deeds: ['p1 kill p5', 'p2 aim p1'], dead: ['p5'] },
  { says: 'a hunter who is saved kills nobody', cast: ['mafia', 'hunter', 'doctor'], deeds: ['p1 kill p2', 'p2 aim p1', 'p3 protect p2'], dead: [] },
  { says: 'a doctor saves from a hunter', cast: ['mafia', 'hunter', 'doctor'], deeds: ['p1 kill p2', 'p2 aim p5', 'p3 protect p5'], dead: ['p2'] },
  { says: 'a hunter cannot be blocked from it', cast: ['mafia', 'mafia', 'consort', 'hunter'], deeds: ['p1 kill p4', 'p4 aim p1', 'p3 block p4'], dead: ['p1', 'p4'] },
  { says: 'hunters in a row', cast: ['mafia', 'mafia', 'hunter', 'hunter'], deeds: ['p1 kill p3', 'p3 aim p4', 'p4 aim p1'], dead: ['p1', 'p3', 'p4'] },

  { says: 'a detective finds the mafia guilty', cast: ['mafia', 'detective'], deeds: ['p2 investigate p1'], dead: [], learns: ['p2: p1 guilty'] },
  { says: 'a detective finds consort and framer guilty', cast: ['mafia', 'consort', 'framer', 'detective', 'detective'], deeds: ['p4 investigate p2', 'p5 investigate p3'], dead: [], learns: ['p4: p2 guilty', 'p5: p3 guilty'] },
  { says: 'a detective finds the others innocent', cast: ['mafia', 'detective'], deeds: ['p2 investigate p5'], dead: [], learns: ['p2: p5 innocent'] },
  { says: 'a detective finds jesters innocent', cast: ['mafia', 'detective', 'jester'], deeds: ['p2 investigate p3'], dead: [], learns: ['p2: p3 innocent'] },
  { says: 'a godfather seems innocent', cast: ['godfather', 'detective'], deeds: ['p2 investigate p1'], dead: [], learns: ['p2: p1 innocent'] },
  { says: 'a framed villager seems guilty', cast: ['framer', 'detective'], deeds: ['p1 frame p5', 'p2 investigate p5'], dead: [], learns: ['p2: p5 guilty'] },
  { says: 'a framed godfather seems guilty', cast: ['godfather', 'framer', 'detective'], deeds: ['p2 frame p1', 'p3 investigate p1'], dead: [], learns: ['p3: p1 guilty'] },
  { says: 'a framer may clear a friend, or themselves', cast: ['mafia', 'framer', 'detective'], deeds: ['p2 frame p2', 'p3 investigate p2'], dead: [], learns: ['p3: p2 innocent'] },
  { says: 'a blocked framer deceives nobody', cast: ['framer', 'roleblocker', 'detective'], deeds: ['p1 frame p5', 'p2 block p1', 'p3 investigate p5'], dead: [], learns: ['p1: blocked', 'p3: p5 innocent'] },
  { says: 'a frame lasts one night', cast: ['framer', 'detective'], deeds: ['p1 frame p5', '|p2 investigate p5'], dead: [], learns: ['p2: p5 innocent'] },
  { says: 'a detective who dies tonight learns it all the same', cast: ['mafia', 'detective'], deeds: ['p1 kill p2', 'p2 investigate p1'], dead: ['p2'], learns: ['p2: p1 guilty'] },

  { says: 'a tracker sees the killer go', cast: ['mafia', 'tracker'], deeds: ['p1 kill p5', 'p2 track p1'], dead: ['p5'], learns: ['p2: p1 visited p5'] },
  { says: 'a tracker sees only the one of the mafia who went', cast: ['mafia', 'godfather', 'tracker'], deeds: ['p1 kill p5', 'p2 kill p5', 'p3 track p2'], dead: ['p5'], learns: ['p3: p2 visited nobody'] },
  { says: 'a tracker sees both ways of one who does two things', cast: ['consort', 'tracker', 'doctor'], deeds: ['p1 kill p5', 'p1 block p3', 'p2 track p1'], dead: ['p5'], learns: ['p2: p1 visited p3+p5', 'p3: blocked'] },
  { says: 'whoever is blocked goes nowhere', cast: ['mafia', 'roleblocker', 'tracker', 'watcher'], deeds: ['p1 kill p5', 'p2 block p1', 'p3 track p1', 'p4 watch p5'], dead: [], learns: ['p3: p1 visited nobody', 'p4: p5 seen by nobody'] },
  { says: 'whoever protects themselves goes nowhere', cast: ['mafia', 'doctor', 'tracker'], deeds: ['p2 protect p2', 'p3 track p2'], dead: [], learns: ['p3: p2 visited nobody'] },
  { says: 'a hunter aims from afar', cast: ['mafia', 'hunter', 'tracker'], deeds: ['p2 aim p5', 'p3 track p2'], dead: [], learns: ['p3: p2 visited nobody'] },
  { says: 'a watcher sees all who come, but not themselves', cast: ['mafia', 'doctor', 'watcher', 'detective'], deeds: ['p1 kill p5', 'p2 protect p5', 'p4 investigate p5', 'p3 watch p5'], dead: [], learns: ['p3: p5 seen by p1+p2+p4', 'p4: p5 innocent'] },
  { says: 'a watcher may watch their own door', cast: ['mafia', 'watcher'], deeds: ['p1 kill p2', 'p2 watch p2'], dead: ['p2'], learns: ['p2: p2 seen by p1'] },
  { says: 'a watcher is seen by a tracker, and a tracker by a watcher', cast: ['mafia', 'watcher', 'tracker'], deeds: ['p2 watch p3', 'p3 track p2'], dead: [], learns: ['p2: p3 seen by nobody', 'p3: p2 visited p3'] },
  { says: 'a bodyguard\'s victim was seen at the door', cast: ['mafia', 'mafia', 'bodyguard', 'watcher'], deeds: ['p1 kill p5', 'p3 guard p5', 'p4 watch p5'], dead: ['p1', 'p3'], learns: ['p4: p5 seen by p1+p3'] },

  { says: 'the mafia may pick nobody', cast: ['mafia', 'mafia'], deeds: ['p1 kill nobody', 'p2 kill nobody'], dead: [] },
  { says: 'whoever changes their mind has chosen once', cast: ['mafia', 'doctor'], deeds: ['p1 kill p5', 'p1 kill p6', 'p2 protect p5'], dead: ['p6'] },
];

describe('by night', () => {
  test.each(rows)('$says', ({ cast, deeds, dead, learns = [] }) => {
    const table = Table.of([...cast, ...crowd]);
    play(deeds, table);
    table.endPhase();
    if (table.state.phase === 'lobby') throw new Error('no game');
    expect(table.state.players.filter((player) => player.died !== null).map(({ id }) => id)).toEqual(dead);
    expect(learned(table)).toEqual(learns);
  });

  test.each<[string, readonly Character[], string, string, string]>([
    ['a doctor the same one again', ['mafia', 'doctor'], 'p2 protect p5', '|p2 protect p5', 'targetNotAllowed'],
    ['a bodyguard themselves', ['mafia', 'bodyguard'], '', 'p2 guard p2', 'targetNotAllowed'],
    ['the mafia their own', ['mafia', 'godfather'], '', 'p1 kill p2', 'targetNotAllowed'],
    ['a consort their own', ['mafia', 'consort'], '', 'p2 block p1', 'targetNotAllowed'],
    ['a villager anyone', ['mafia', 'doctor'], '', 'p5 shoot p1', 'notYourCharacter'],
    ['a godfather to block', ['mafia', 'godfather'], '', 'p2 block p5', 'notYourCharacter'],
    ['a tracker themselves', ['mafia', 'tracker'], '', 'p2 track p2', 'targetNotAllowed'],
  ])('%s: refused', (_says, cast, before, deed, refusal) => {
    const table = Table.of([...cast, ...crowd]);
    if (before !== '') play([before], table);
    if (deed.startsWith('|')) { table.endPhase(); table.endPhase(); }
    const [by = '', action = '', target = ''] = deed.replace('|', '').split(' ');
    expect(table.send(agent(by), action, { target })).toBe(refusal);
  });

  test('a vigilante has two bullets; a blocked one is kept', () => {
    const table = Table.of(['mafia', 'consort', 'vigilante', ...crowd, ...crowd]);
    const shoot = (target: string, blocked: boolean): void => {
      if (blocked) table.must(agent('p2'), 'block', { target: 'p3' });
      table.must(agent('p3'), 'shoot', { target });
      table.endPhase();
      table.endPhase();
    };
    shoot('p5', true);
    expect(table.viewOf(agent('p3')).you?.actions).toMatchObject([{ action: 'shoot', left: 2 }]);
    shoot('p5', false);
    shoot('p6', false);
    expect(table.viewOf(agent('p3')).you?.actions).toEqual([]);
    expect(table.send(agent('p3'), 'shoot', { target: 'p7' })).toBe('usedUp');
  });
});

describe('by day', () => {
  const lynch = (table: Table, target: string): void => {
    for (const id of ['p5', 'p6', 'p7']) table.must(agent(id), 'vote', { target });
    table.endPhase();
  };

  test('a condemned jester wins, and the game goes on', () => {
    const table = Table.of(['mafia', 'jester', 'doctor', ...crowd]);
    table.endPhase();
    lynch(table, 'p2');
    expect(table.state).toMatchObject({ phase: 'night', round: 2 });
    table.endPhase();
    lynch(table, 'p1');
    expect(table.view({ agent: null, accessRole: 'spectator' })).toMatchObject({ phase: 'ended', winner: 'town', winnersAlone: ['p2'] });
  });

  test('a jester who is killed does not win', () => {
    const table = Table.of(['mafia', 'jester', 'doctor', ...crowd]);
    table.must(agent('p1'), 'kill', { target: 'p2' });
    table.endPhase();
    lynch(table, 'p1');
    expect(table.state.phase === 'ended' && table.viewOf(agent('p2')).winnersAlone).toEqual([]);
  });

  test('a condemned hunter takes along whom they aimed at last night, and only then', () => {
    const table = Table.of(['mafia', 'mafia', 'hunter', ...crowd]);
    table.must(agent('p3'), 'aim', { target: 'p1' });
    table.endPhase();
    lynch(table, 'p3');
    expect(table.view({ agent: null, accessRole: 'spectator' }).events.slice(-2)).toMatchObject([{ kind: 'condemned', player: 'p3' }, { kind: 'takenAlong', player: 'p1', by: 'p3', character: 'mafia' }]);
    const later = Table.of(['mafia', 'mafia', 'hunter', ...crowd]);
    later.must(agent('p3'), 'aim', { target: 'p1' });
    later.endPhase();
    later.endPhase();
    later.endPhase();
    lynch(later, 'p3');
    expect(later.state.phase === 'night' && later.state.players.filter((player) => player.died).map(({ id }) => id)).toEqual(['p3']);
  });

  test('a mayor who is revealed is known to all and votes twice', () => {
    const table = Table.of(['mafia', 'mayor', 'doctor', ...crowd]);
    expect(table.send(agent('p2'), 'reveal')).toBe('wrongPhase');
    table.endPhase();
    expect(table.send(agent('p3'), 'reveal')).toBe('notYourCharacter');
    table.must(agent('p2'), 'vote', { target: 'p1' });
    table.must(agent('p5'), 'vote', { target: 'p6' });
    expect(table.viewOf(agent('p5')).players[1]?.character).toBeNull();
    table.must(agent('p2'), 'reveal');
    expect(table.viewOf(agent('p5')).players[1]?.character).toBe('mayor');
    table.endPhase();
    expect(table.state).toMatchObject({ phase: 'ended', winner: 'town' });
  });

  test('when the last of both sides die at once nobody wins', () => {
    const table = Table.of(['mafia', 'vigilante', 'villager'], {});
    table.must(agent('p1'), 'kill', { target: 'p3' });
    table.must(agent('p2'), 'shoot', { target: 'p1' });
    table.endPhase();
    expect(table.state).toMatchObject({ phase: 'ended', winner: 'town' });
    const all = Table.of(['mafia', 'hunter', 'vigilante'], {});
    all.must(agent('p1'), 'kill', { target: 'p2' });
    all.must(agent('p2'), 'aim', { target: 'p3' });
    all.must(agent('p3'), 'shoot', { target: 'p1' });
    all.endPhase();
    expect(all.state).toMatchObject({ phase: 'ended', winner: 'nobody' });
    expect(limits.playersMinOfCast).toBe(3);
  });
});
