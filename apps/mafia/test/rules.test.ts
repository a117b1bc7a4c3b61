import { describe, expect, test } from '@jest/globals';
import { charactersFor, defaultOptions, limits, sideOf } from '@raft-mesh/mafia';
import type { Cast, Character } from '@raft-mesh/mafia';
import type { AgentId, JsonValue } from '@raft-mesh/state-machine';
import { agent, Table } from './table.ts';

const p1 = agent('p1');

const villagers = (count: number): Character[] => Array.from({ length: count }, () => 'villager');
const small: readonly Character[] = ['mafia', 'doctor', 'detective', ...villagers(3)];
const seven: readonly Character[] = ['mafia', 'doctor', 'detective', ...villagers(4)];
const twoMafia: readonly Character[] = ['mafia', 'mafia', 'doctor', 'detective', ...villagers(4)];

function endedState(table: Table) {
  if (table.state.phase !== 'ended') throw new Error(`still ${table.state.phase}`);
  return table.state;
}
function events(table: Table) { return table.state.phase === 'lobby' ? [] : table.state.events.map((event) => event.kind); }
/** Everyone living votes for `target` (who votes for the first other one). */
function lynch(table: Table, target: string): void {
  if (table.state.phase !== 'day') throw new Error('lynching by night');
  for (const player of table.state.players.filter((candidate) => candidate.died === null)) {
    const other = table.state.players.find((candidate) => candidate.died === null && candidate.id !== player.id);
    table.must(player.id, 'vote', { target: player.id === target ? other?.id ?? null : target });
  }
  table.endPhase();
}

describe('the lobby', () => {
  test('takes up to thirty, once each, under different names', () => {
    const table = Table.seating(limits.playersMax);
    expect(table.send(agent('late'), 'join')).toBe('gameFull');
    expect(Table.seating(3).send(p1, 'join')).toBe('alreadyJoined');
    const names = new Table();
    names.must(agent('a'), 'join', { name: '  Ada\u202e\n Byron ' });
    names.must(agent('b'), 'join', { name: 'ada byron' });
    names.must(agent('c'), 'join', { name: 'x'.repeat(200) });
    expect(names.send(agent('d'), 'join', { name: ' \u200b ' })).toBe('nameNotUsable');
    expect(names.state.phase === 'lobby' && names.state.seats.map((seat) => seat.name)).toEqual(['Ada Byron', 'ada byron 2', 'x'.repeat(limits.nameLengthMax)]);
  });

  test('a seat can be left', () => {
    const table = Table.seating(5);
    table.must(p1, 'leave');
    expect(table.send(p1, 'leave')).toBe('notInGame');
    expect(table.send(p1, 'start')).toBe('notInGame');
    expect(table.send(agent('p2'), 'start')).toBe('tooFewPlayers');
  });

  test('anyone seated starts, and so does an admin; nobody twice', () => {
    const table = Table.seating(5);
    expect(table.send(agent('stranger'), 'start')).toBe('notInGame');
    expect(table.send(agent('operator'), 'start', {}, 'admin')).toBeNull();
    expect(table.send(p1, 'start')).toBe('alreadyStarted');
    expect(table.send(agent('late'), 'join')).toBe('alreadyStarted');
    expect(table.send(p1, 'leave')).toBe('alreadyStarted');
  });

  test('options have bounds', () => {
    const table = Table.seating(5);
    expect(table.send(p1, 'start', { options: { nightMs: 499 } })).toBe('invalidArguments');
    expect(table.send(p1, 'start', { options: { dayMs: 1_800_001 } })).toBe('invalidArguments');
    expect(table.send(p1, 'start', { options: { nightMs: 5_000, dayMs: 7_000 } })).toBeNull();
    expect(table.state).toMatchObject({ phase: 'night', round: 1, deadlineMs: table.logTimeMs + 5_000 });
  });

  test.each<[number, number, number, readonly Character[]]>([
    [5, 1, 0, ['detective']], [6, 1, 0, ['detective']], [7, 2, 0, ['detective', 'doctor']], [8, 2, 0, ['detective', 'doctor']], [9, 2, 0, ['godfather', 'detective', 'doctor']], [11, 2, 1, ['godfather']],
    [12, 3, 1, ['godfather', 'tracker']], [15, 3, 1, ['godfather', 'consort', 'vigilante']], [16, 4, 1, ['tracker', 'vigilante', 'consort']], [20, 5, 1, ['bodyguard', 'watcher']],
    [24, 6, 1, ['framer', 'roleblocker', 'mayor']], [27, 6, 2, ['mayor']], [30, 7, 2, ['hunter']],
  ])('%i players: %i mafia, %i alone, and %j among them', (players, mafia, alone, some) => {
    const characters = charactersFor(players) ?? [];
    expect(characters).toHaveLength(players);
    expect(characters.filter((character) => sideOf(character) === 'mafia')).toHaveLength(mafia);
    expect(characters.filter((character) => sideOf(character) === 'alone')).toHaveLength(alone);
    expect(characters).toEqual(expect.arrayContaining([...some]));
  });

  test('every size from 5 to 30 has a setup; others, and casts that are no game, have none', () => {
    for (let players = limits.playersMin; players <= limits.playersMax; players += 1) expect(charactersFor(players)).toHaveLength(players);
    expect([charactersFor(4), charactersFor(31), charactersFor(6.5)]).toEqual([null, null, null]);
    const custom = (players: number, cast: Cast) => charactersFor(players, { ...defaultOptions, setup: 'custom', cast });
    expect(custom(6, { mafia: 3 })).toBeNull();
    expect(custom(6, { doctor: 2 })).toBeNull();
    expect(custom(5, { mafia: 1, doctor: 5 })).toBeNull();
    expect(custom(3, { mafia: 1 })).toEqual(['mafia', 'villager', 'villager']);
    expect(charactersFor(9, { ...defaultOptions, setup: 'vanilla' })?.filter((character) => character !== 'villager')).toEqual(['mafia', 'mafia']);
    const table = Table.seating(6);
    expect(table.send(p1, 'start', { options: { setup: 'custom', cast: { mafia: 3 } } })).toBe('setupNotUsable');
    expect(table.send(p1, 'start', { options: { setup: 'custom', cast: { wizard: 1, mafia: 1 } } })).toBeNull();
  });

  test('the deal depends on chance alone', () => {
    const deals = [1, 2, 3, 4].map((seed) => Table.playing(8, seed).those('mafia').join());
    expect(new Set(deals).size).toBeGreaterThan(1);
    expect(Table.playing(8, 3).state).toEqual(Table.playing(8, 3).state);
  });
});

describe('the night', () => {
  test('protect, then kill: the protected one lives, and nobody is told why', () => {
    const table = Table.of(seven);
    const victim = table.those('villager')[0] ?? '';
    table.must(table.the('doctor'), 'protect', { target: victim });
    table.must(table.the('mafia'), 'kill', { target: victim });
    table.endPhase();
    expect(table.state).toMatchObject({ phase: 'day', round: 1 });
    expect(events(table)).toEqual(['started', 'quietNight']);
  });

  test('a detective killed tonight still learns the result', () => {
    const table = Table.of(seven);
    const detective = table.the('detective');
    const mafia = table.the('mafia');
    table.must(mafia, 'kill', { target: detective });
    table.must(detective, 'investigate', { target: mafia });
    table.endPhase();
    expect(table.viewOf(detective).you).toMatchObject({ alive: false });
    expect(table.viewOf(detective).learned.investigations).toEqual([{ round: 1, target: mafia, isGuilty: true }]);
  });

  test('the mafia kill by plurality, and draw among the tied', () => {
    const victims = new Set<string | null>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const table = Table.of(['mafia', 'mafia', 'mafia', ...villagers(9)], {}, seed);
      const [a, b, c] = table.those('mafia') as [AgentId, AgentId, AgentId];
      const [x, y] = table.those('villager') as [AgentId, AgentId];
      table.must(agent(a), 'kill', { target: x });
      table.must(agent(b), 'kill', { target: y });
      if (seed > 6) { table.must(agent(c), 'kill', { target: y }); }
      table.endPhase();
      const dead = table.state.phase === 'lobby' ? undefined : table.state.players.find((player) => player.died !== null)?.id;
      if (seed > 6) expect(dead).toBe(y);
      else { expect([x, y]).toContain(dead); victims.add(dead === x ? 'first' : 'second'); }
    }
    expect(victims.size).toBe(2);
  });

  test('nobody picks, nobody dies', () => {
    const table = Table.of(small);
    table.endPhase();
    expect(events(table)).toEqual(['started', 'quietNight']);
  });

  test('a choice can be changed until the night ends', () => {
    const table = Table.of(small);
    const [first, second] = table.those('villager') as [AgentId, AgentId];
    table.must(table.the('mafia'), 'kill', { target: first });
    table.must(table.the('mafia'), 'kill', { target: second });
    expect(table.viewOf(table.the('mafia')).you?.actions[0]?.chosen).toEqual({ target: second });
    table.endPhase();
    expect(table.state.phase === 'day' && table.state.players.find((player) => player.died)?.id).toBe(second);
  });

  test('ends early once everyone with something to do has done it, yet not at once', () => {
    const table = Table.of(small);
    const villager = table.those('villager')[0] ?? '';
    table.must(table.the('mafia'), 'kill', { target: villager });
    table.must(table.the('doctor'), 'protect', { target: table.the('doctor') });
    const before = table.state.phase === 'night' ? table.state.deadlineMs : 0;
    expect(before - table.logTimeMs).toBe(defaultOptions.nightMs);
    table.must(table.the('detective'), 'investigate', { target: villager });
    expect(table.state.phase === 'night' && table.state.deadlineMs - table.logTimeMs).toBe(45_000 / 8);
    table.pass(45_000 / 8 - 1);
    expect(table.state.phase).toBe('night');
    table.pass(1);
    expect(table.state.phase).toBe('day');
  });

  test('refuses what is not for this player, target or moment', () => {
    const table = Table.of(twoMafia);
    const [mafia, fellow] = table.those('mafia') as [AgentId, AgentId];
    const villager = agent(table.those('villager')[0] ?? '');
    const doctor = table.the('doctor');
    const detective = table.the('detective');
    expect(table.send(villager, 'kill', { target: mafia })).toBe('notYourCharacter');
    expect(table.send(villager, 'protect', { target: mafia })).toBe('notYourCharacter');
    expect(table.send(agent(mafia), 'kill', { target: fellow })).toBe('targetNotAllowed');
    expect(table.send(detective, 'investigate', { target: detective })).toBe('targetNotAllowed');
    expect(table.send(agent(mafia), 'kill', { target: 'nobody' })).toBe('unknownTarget');
    expect(table.send(agent('stranger'), 'kill', { target: villager })).toBe('notInGame');
    expect(table.send(agent(mafia), 'kill', { target: villager, round: 2 })).toBe('wrongPhase');
    expect(table.send(agent(mafia), 'kill', { target: villager, phase: 'day' })).toBe('wrongPhase');
    expect(table.send(agent(mafia), 'kill', { target: villager, game: 2 })).toBe('wrongPhase');
    expect(table.send(agent(mafia), 'kill', { target: 7 })).toBe('invalidArguments');
    expect(table.send(villager, 'vote', { target: mafia })).toBe('wrongPhase');
    table.must(doctor, 'protect', { target: doctor });
    table.must(agent(mafia), 'kill', { target: villager });
    table.endPhase();
    table.endPhase();
    expect(table.send(villager, 'kill', { target: doctor })).toBe('notAlive');
    expect(table.send(agent(mafia), 'kill', { target: villager })).toBe('unknownTarget');
    expect(table.send(doctor, 'protect', { target: doctor })).toBe('targetNotAllowed');
  });
});

describe('the day', () => {
  function atDay(options: Record<string, JsonValue> = {}): Table {
    const table = Table.of(seven, options);
    table.endPhase();
    return table;
  }

  test('condemns the most-voted player, whose character everyone then sees', () => {
    const table = atDay();
    const mafia = table.the('mafia');
    lynch(table, mafia);
    expect(endedState(table)).toMatchObject({ winner: 'town', round: 1 });
    expect(events(table).slice(-2)).toEqual(['condemned', 'ended']);
  });

  test.each([
    ['a tie', ['p2', 'p1', null]], ['no vote', []], ['nobody in the lead', [null, null, 'p1']],
  ])('%s condemns nobody', (_name, targets) => {
    const table = atDay();
    targets.forEach((target, place) => table.must(agent(`p${place + 1}`), 'vote', { target }));
    table.endPhase();
    expect(table.state).toMatchObject({ phase: 'night', round: 2 });
    expect(events(table).at(-1)).toBe('nobodyCondemned');
  });

  test('a vote can be changed until the deadline, and not after it', () => {
    const table = atDay();
    table.must(p1, 'vote', { target: 'p2' });
    table.must(p1, 'vote', { target: 'p3' });
    expect(table.viewOf(p1).votes).toEqual([{ by: 'p1', target: 'p3' }]);
    const moment = table.moment;
    table.pass(defaultOptions.dayMs);
    expect(table.send(p1, 'vote', { ...moment, target: 'p2' })).toBe('wrongPhase');
    expect(table.send(p1, 'vote', { target: 'p1' })).toBe('wrongPhase');
  });

  test('nobody votes for themselves, and the dead not at all', () => {
    const table = Table.of(small);
    const victim = agent(table.those('villager')[0] ?? '');
    table.must(table.the('mafia'), 'kill', { target: victim });
    table.endPhase();
    expect(table.send(victim, 'vote', { target: null })).toBe('notAlive');
    expect(table.send(table.the('mafia'), 'vote', { target: table.the('mafia') })).toBe('targetNotAllowed');
    expect(table.send(table.the('mafia'), 'vote', { target: victim })).toBe('unknownTarget');
  });
});

describe('the end', () => {
  test('mafia at parity win', () => {
    const table = Table.playing(5);
    table.must(table.the('mafia'), 'kill', { target: table.those('villager')[0] ?? '' });
    table.endPhase();
    lynch(table, table.those('villager')[0] ?? '');
    expect(table.state.phase).toBe('night');
    table.must(table.the('mafia'), 'kill', { target: table.those('villager')[0] ?? '' });
    table.endPhase();
    expect(endedState(table).winner).toBe('mafia');
  });

  test('rounds without a death end the game with no winner', () => {
    const table = Table.playing(9);
    for (let round = 1; round <= limits.quietRoundsMax; round += 1) { expect(table.state).toMatchObject({ phase: 'night', round }); table.endPhase(); table.endPhase(); }
    expect(endedState(table).winner).toBe('nobody');
  });

  test('everything is revealed; a rematch opens the lobby, and nothing of the old game is left', () => {
    const table = Table.of(small);
    expect(table.send(p1, 'rematch')).toBe('wrongPhase');
    table.endPhase();
    lynch(table, table.the('mafia'));
    expect(table.viewOf(p1).players.every((player) => player.character !== null)).toBe(true);
    expect(table.viewOf(p1).nights).toHaveLength(1);
    expect(table.send(agent('stranger'), 'rematch')).toBe('notInGame');
    table.must(agent('p3'), 'rematch');
    expect(table.state).toEqual({
      phase: 'lobby', round: 0, game: 2, seats: [{ id: 'p3', name: 'p3', bot: null }], removed: [], bots: { provider: null, wanted: null },
      secret: expect.stringMatching(/^[0-9a-f]{64}$/u), commitments: [], opening: null, lastRecord: expect.objectContaining({ game: 1 }), chat: { table: [], mafia: [], dead: [], whispers: [] },
      hosting: { host: 'p1', seenAtMs: table.logTimeMs }, options: { ...defaultOptions, setup: 'custom', cast: { mafia: 1, doctor: 1, detective: 1, villager: 3 } },
    });
    for (const other of ['p1', 'p2', 'p4', 'p5', 'p6']) table.must(agent(other), 'join');
    table.must(p1, 'start');
    expect(table.state).toMatchObject({ game: 2, phase: 'night', round: 1 });
  });
});

describe('talk', () => {
  test('goes to the table, to the mafia, or to the dead', () => {
    const table = Table.of(twoMafia);
    const [mafia, fellow] = table.those('mafia') as [AgentId, AgentId];
    const villager = agent(table.those('villager')[0] ?? '');
    expect(table.send(villager, 'say', { text: 'hello?' })).toBe('notNow');
    table.must(agent(mafia), 'say', { text: ' that one \u0007 ' });
    expect(table.viewOf(agent(fellow)).chat.mafia?.map((line) => line.text)).toEqual(['that one']);
    expect(table.viewOf(villager).chat.mafia).toBeNull();
    table.must(agent(mafia), 'kill', { target: villager });
    table.endPhase();
    table.must(villager, 'say', { text: 'boo' });
    table.must(agent(mafia), 'say', { text: 'how sad' });
    expect(table.viewOf(villager).chat.dead?.map((line) => line.text)).toEqual(['boo']);
    expect(table.viewOf(agent(mafia)).chat.dead).toBeNull();
    expect(table.viewOf(agent(mafia)).chat.table.map((line) => line.text)).toEqual(['how sad']);
  });

  test('a whisper that comes after the night is refused, not heard by all', () => {
    const table = Table.of(twoMafia);
    const moment = table.moment;
    table.endPhase();
    expect(table.send(table.those('mafia')[0] ?? p1, 'say', { ...moment, text: 'we kill p1' })).toBe('wrongPhase');
  });

  test('has bounds: length, speed, history', () => {
    const table = Table.seating(2);
    expect(table.send(p1, 'say', { text: 'x'.repeat(limits.lineLengthMax + 1) })).toBe('invalidArguments');
    expect(table.send(p1, 'say', { text: '\u200b\u200b' })).toBe('textNotUsable');
    for (let line = 0; line < limits.burstLinesMax; line += 1) table.must(p1, 'say', { text: 'spam' });
    expect(table.send(p1, 'say', { text: 'spam' })).toBe('tooFast');
    table.must(agent('p2'), 'say', { text: 'stop' });
    for (let line = 0; line < limits.linesMax; line += 1) { table.pass(limits.burstWindowMs); table.must(p1, 'say', { text: `${line}` }); }
    expect(table.state.chat.table).toHaveLength(limits.linesMax);
    expect(table.send(agent('stranger'), 'say', { text: 'hi' })).toBe('notInGame');
  });
});
