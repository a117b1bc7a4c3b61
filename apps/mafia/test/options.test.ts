import { describe, expect, test } from '@jest/globals';
import { limits, mafia } from '@raft-mesh/mafia';
import type { Character, MafiaView } from '@raft-mesh/mafia';
import type { AgentId, JsonValue } from '@raft-mesh/state-machine';
import { agent, spectator, Table } from './table.ts';

const cast: readonly Character[] = ['mafia', 'doctor', 'villager', 'villager', 'villager', 'villager', 'villager'];
const [p1, p2, p3, p4, p5] = ['p1', 'p2', 'p3', 'p4', 'p5'].map(agent) as [AgentId, AgentId, AgentId, AgentId, AgentId];

/** The first day of a game with these options. */
function atDay(options: Record<string, JsonValue> = {}, seed = 1): Table {
  const table = Table.of(cast, { firstPhase: 'day', ...options }, seed);
  expect(table.state).toMatchObject({ phase: 'day', round: 1 });
  return table;
}
const votes = (table: Table, targets: readonly (string | null)[]): void => targets.forEach((target, place) => table.must(agent(`p${place + 1}`), 'vote', { target }));
const seen = (table: Table): MafiaView => table.view(spectator);
const dead = (table: Table): string[] => seen(table).players.filter((player) => !player.alive).map(({ id }) => id);
const kinds = (table: Table): string[] => seen(table).events.map(({ kind }) => kind);

describe('the vote', () => {
  test('one may abstain, take a vote back by it, and vote again', () => {
    const table = atDay();
    table.must(p1, 'vote', { target: 'p2' });
    table.must(p1, 'abstain');
    expect(seen(table)).toMatchObject({ votes: [], ballot: { abstained: ['p1'] } });
    expect(table.viewOf(p1).you?.actions[0]?.chosen).toEqual({ target: null });
    table.must(p1, 'vote', { target: 'p3' });
    expect(seen(table)).toMatchObject({ votes: [{ by: 'p1', target: 'p3' }], ballot: { abstained: [] } });
  });

  test('a tie condemns nobody, or one of the tied', () => {
    const nobody = atDay();
    votes(nobody, ['p2', 'p1', 'p1', 'p2']);
    nobody.endPhase();
    expect(dead(nobody)).toEqual([]);
    const drawn = new Set(Array.from({ length: 12 }, (_, seed) => {
      const table = atDay({ ties: 'random' }, seed + 1);
      votes(table, ['p3', 'p4', 'p4', 'p3']);
      table.endPhase();
      return dead(table).join();
    }));
    expect([...drawn].sort()).toEqual(['p3', 'p4']);
  });

  test('a tie is voted on once more, among the tied; a vote of the first ballot does not count in it', () => {
    const table = atDay({ ties: 'revote', revoteMs: 20_000 });
    votes(table, ['p3', 'p4', 'p4', 'p3', null]);
    table.endPhase();
    expect(seen(table)).toMatchObject({ phase: 'day', round: 1, votes: [], ballot: { number: 2, among: ['p3', 'p4'] }, deadlineMs: table.logTimeMs + 20_000 });
    expect(table.send(p1, 'vote', { target: 'p3', ballot: 1 })).toBe('wrongPhase');
    expect(table.send(p1, 'vote', { target: 'p5' })).toBe('targetNotAllowed');
    expect(table.viewOf(p3).you?.actions[0]?.targets).toEqual(['p4']);
    votes(table, ['p3', 'p3']);
    table.endPhase();
    expect(dead(table)).toEqual(['p3']);
    const again = atDay({ ties: 'revote' });
    votes(again, ['p3', 'p4']);
    again.endPhase();
    votes(again, ['p3', 'p4']);
    again.endPhase();
    expect([again.state.phase, dead(again)]).toEqual(['night', []]);
    expect(kinds(again)).toEqual(['started', 'revote', 'absent', 'nobodyCondemned']);
  });

  test('for oneself only where the rules allow it', () => {
    expect(atDay().send(p1, 'vote', { target: 'p1' })).toBe('targetNotAllowed');
    const table = atDay({ selfVotes: true });
    votes(table, ['p1']);
    table.endPhase();
    expect(dead(table)).toEqual(['p1']);
  });
});

describe('nominations and trials', () => {
  const onTrial = (options: Record<string, JsonValue> = {}): Table => {
    const table = atDay({ voteMode: 'nomination', trialMs: 30_000, ...options });
    votes(table, ['p3', 'p3', null, 'p3']);
    expect(seen(table)).toMatchObject({ ballot: { number: 1, majority: 4, trial: null } });
    table.pass(20_000);
    table.must(p5, 'vote', { target: 'p3' });
    expect(seen(table)).toMatchObject({ votes: [], ballot: { number: 2, trial: { accused: 'p3', judgements: [] } }, deadlineMs: table.logTimeMs + 30_000 });
    return table;
  };

  test('a majority brings one to trial; more guilty than innocent condemns', () => {
    const table = onTrial();
    expect(table.send(p1, 'vote', { target: 'p3' })).toBe('wrongPhase');
    expect(table.send(p3, 'judge', { verdict: 'innocent' })).toBe('targetNotAllowed');
    expect(table.send(p1, 'judge', { verdict: 'guilty', ballot: 1 })).toBe('wrongPhase');
    expect(table.viewOf(p3).you?.actions).toEqual([]);
    table.must(p1, 'judge', { verdict: 'innocent' });
    table.must(p1, 'judge', { verdict: 'guilty' });
    table.must(p2, 'judge', { verdict: 'guilty' });
    table.must(p4, 'judge', { verdict: 'innocent' });
    table.must(p5, 'judge', { verdict: 'abstain' });
    table.endPhase();
    expect(dead(table)).toEqual(['p3']);
    expect(seen(table).days[0]).toMatchObject({ condemned: 'p3', trials: [{ accused: 'p3', nominations: [{ by: 'p1' }, { by: 'p2' }, { by: 'p3', target: null }, { by: 'p4' }, { by: 'p5' }] }] });
  });

  test('an acquittal gives the day back what was left of it; three of them end it', () => {
    const table = onTrial();
    table.endPhase();
    expect(seen(table)).toMatchObject({ phase: 'day', round: 1, votes: [], ballot: { number: 3, trial: null }, deadlineMs: table.logTimeMs + 100_000 });
    for (let trial = 2; trial <= limits.trialsMax; trial += 1) {
      votes(table, ['p4', 'p4', 'p4', null, 'p4']);
      expect(seen(table).ballot?.trial?.accused).toBe('p4');
      table.endPhase();
    }
    expect([table.state.phase, dead(table)]).toEqual(['night', []]);
    expect(kinds(table).filter((kind) => kind === 'acquitted')).toHaveLength(limits.trialsMax);
  });

  test('without a majority nobody is condemned', () => {
    const table = atDay({ voteMode: 'nomination' });
    votes(table, ['p3', 'p3', null, 'p3']);
    table.endPhase();
    expect([table.state.phase, dead(table)]).toEqual(['night', []]);
  });

  test('a trial ends early once all but the accused have judged', () => {
    const table = onTrial();
    for (const by of ['p1', 'p2', 'p4', 'p5', 'p6', 'p7']) table.must(agent(by), 'judge', { verdict: 'innocent' });
    expect(table.state.phase === 'day' && table.state.deadlineMs - table.logTimeMs).toBe(30_000 / 8);
  });
});

describe('time', () => {
  test('everyone is warned, once each, and not in short phases', () => {
    const table = atDay({ dayMs: 150_000 });
    const warned = (): number | null => seen(table).warnedMs;
    expect(warned()).toBeNull();
    table.pass(89_999);
    expect(warned()).toBeNull();
    table.pass(1);
    expect(warned()).toBe(60_000);
    table.pass(30_000);
    expect(warned()).toBe(30_000);
    table.pass(20_000);
    expect(warned()).toBe(15_000);
    expect(mafia.deadlineMs?.(table.state)).toBe(table.state.phase === 'day' ? table.state.deadlineMs : 0);
    expect(mafia.deadlineMs?.(atDay({ dayMs: 29_000 }).state)).toBe(30_000);
    expect(mafia.deadlineMs?.(atDay({ warnings: false }).state)).toBe(121_000);
  });

  test('after a stall only the last warning is given, and the day still ends', () => {
    const table = atDay({ dayMs: 150_000 });
    table.logTimeMs += 136_000;
    table.pass(0);
    expect(seen(table)).toMatchObject({ phase: 'day', warnedMs: 15_000 });
    table.pass(14_000);
    expect(table.state.phase).toBe('night');
  });

  test('more than half of the living make a day longer, as often as the rules say', () => {
    const table = atDay({ extensionMs: 45_000 });
    for (const by of [p1, p2, p3]) table.must(by, 'extend');
    expect(seen(table)).toMatchObject({ deadlineMs: 121_000, ballot: { extending: ['p1', 'p2', 'p3'], extensionsLeft: 1 } });
    table.must(p4, 'extend');
    expect(seen(table)).toMatchObject({ deadlineMs: 166_000, ballot: { extending: [], extensionsLeft: 0 } });
    expect(table.send(p5, 'extend')).toBe('noMoreTime');
    // Whoever asked for time shall have it, also when all have voted.
    for (let place = 1; place <= 7; place += 1) table.must(agent(`p${place}`), 'vote', { target: null });
    expect(seen(table).deadlineMs).toBe(166_000);
    for (let place = 1; place <= 7; place += 1) table.must(agent(`p${place}`), 'ready');
    expect(seen(table).deadlineMs).toBe(table.logTimeMs + 10_000);
  });

  test.each<[string, string, string, number]>([['whenAllActed', 'vote', 'vote', 10_000], ['whenAllActed', 'abstain', 'ready', 10_000], ['whenAllReady', 'vote', 'vote', 120_000], ['whenAllReady', 'ready', 'ready', 10_000], ['never', 'vote', 'ready', 120_000]])('a day that ends early %s, when all %s and one %s, lasts %i ms more', (endsEarly, most, last, leftMs) => {
    const table = atDay({ endsEarly });
    for (let place = 1; place <= 7; place += 1) table.must(agent(`p${place}`), place === 7 ? last : most, most === 'vote' || last === 'vote' ? { target: null } : {});
    expect((seen(table).deadlineMs ?? 0) - table.logTimeMs).toBe(leftMs);
  });
});

describe('whoever is away', () => {
  test('is warned by what all see, then not waited for, and never thrown out', () => {
    const table = atDay({ nightMs: 10_000, dayMs: 10_000 });
    const day = (voters: readonly string[]): void => {
      for (const by of voters) table.must(agent(by), 'vote', { target: null });
      table.endPhase();
      table.must(p1, 'kill', { target: null });
      table.must(p2, 'protect', { target: null });
      table.endPhase();
    };
    const present = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
    day(present);
    expect(seen(table).players[6]).toMatchObject({ missedDays: 1, isAway: false });
    expect(seen(table).events).toContainEqual(expect.objectContaining({ kind: 'absent', players: ['p7'] }));
    expect(seen(table).days[0]?.absent).toEqual(['p7']);
    day(present);
    expect(seen(table).players[6]).toMatchObject({ missedDays: 2, isAway: true, alive: true });
    for (const by of present) table.must(agent(by), 'vote', { target: null });
    expect((seen(table).deadlineMs ?? 0) - table.logTimeMs).toBeLessThan(2_000);
    table.must(agent('p7'), 'say', { text: 'sorry, the train' });
    expect(seen(table).players[6]).toMatchObject({ missedDays: 0, isAway: false });
  });

  test('by night is not seen: only what is done by day brings one back', () => {
    const table = Table.of(cast, { nightMs: 5_000, dayMs: 5_000 });
    for (let round = 0; round < 2; round += 1) { table.endPhase(); table.endPhase(); }
    table.must(p2, 'protect', { target: 'p3' });
    expect(seen(table).players[1]).toMatchObject({ isAway: true });
  });
});

describe('what is told', () => {
  test.each<[string, Character | null, string | null]>([['character', 'doctor', 'town'], ['side', null, 'town'], ['nothing', null, null]])('of the dead: %s', (reveal, character, side) => {
    const table = Table.of(cast, { reveal });
    table.must(p2, 'will', { text: 'I trust p4' });
    table.must(p1, 'kill', { target: 'p2' });
    expect(seen(table).players[1]?.will).toBeNull();
    expect(table.viewOf(p2).you?.will).toBe('I trust p4');
    table.endPhase();
    expect(seen(table).players[1]).toMatchObject({ alive: false, character, side, will: 'I trust p4' });
    expect(seen(table).events.at(-1)).toMatchObject({ kind: 'killed', player: 'p2', character, side });
    expect(table.send(p2, 'will', { text: 'p4 did it' })).toBe('notAlive');
  });

  test('wills have a bound, may come late, and can be forbidden', () => {
    const table = atDay();
    expect(table.send(p1, 'will', { text: 'x'.repeat(limits.willLengthMax + 1) })).toBe('invalidArguments');
    expect(table.send(p1, 'will', { text: 'x', game: 2 })).toBe('wrongPhase');
    expect(atDay({ wills: false }).send(p1, 'will', { text: 'x' })).toBe('notInThisGame');
  });

  test.each<[string, boolean]>([['seen', true], ['hidden', false]])('of whispers that are %s', (whispers, isSeen) => {
    const table = atDay({ whispers });
    table.must(p1, 'whisper', { target: 'p2', text: 'it was p4' });
    for (const id of [p1, p2]) expect(table.viewOf(id).chat.whispers).toMatchObject([{ by: 'p1', to: 'p2', text: 'it was p4', number: 1 }]);
    expect(table.viewOf(p3).chat.whispers).toEqual([]);
    expect(seen(table).chat).toMatchObject({ whispers: null, table: isSeen ? [{ by: 'p1', to: 'p2', text: '' }] : [] });
  });

  test('a whisper has bounds and rules', () => {
    expect(atDay({ whispers: 'off' }).send(p1, 'whisper', { target: 'p2', text: 'x' })).toBe('notInThisGame');
    const table = atDay();
    expect(table.send(p1, 'whisper', { target: 'p1', text: 'x' })).toBe('targetNotAllowed');
    expect(table.send(p1, 'whisper', { target: 'nobody', text: 'x' })).toBe('unknownTarget');
    for (let line = 0; line < limits.burstLinesMax; line += 1) table.must(p1, 'whisper', { target: 'p2', text: 'x' });
    expect(table.send(p1, 'whisper', { target: 'p3', text: 'x' })).toBe('tooFast');
    for (let line = 0; line < limits.whispersMax; line += 1) { table.pass(2_000); table.must(p3, 'whisper', { target: 'p2', text: 'x' }); }
    expect(table.viewOf(p2).chat.whispers).toHaveLength(limits.whispersMax);
    table.pass(120_000);
    expect(table.send(p1, 'whisper', { target: 'p2', text: 'x' })).toBe('wrongPhase');
  });
});

describe('the host', () => {
  test('is the first to sit, takes seats away, and chooses the rules', () => {
    const table = Table.seating(6);
    expect(seen(table).host).toBe('p1');
    expect(table.send(p2, 'remove', { target: 'p6' })).toBe('notTheHost');
    table.must(p1, 'remove', { target: 'p6' });
    expect(table.send(agent('p6'), 'join')).toBe('removed');
    expect(seen(table).players).toHaveLength(5);
    expect(table.send(p2, 'configure', { options: { ties: 'random' } })).toBe('notTheHost');
    table.must(p1, 'configure', { options: { ties: 'random', starts: 'host' } });
    expect(table.send(p2, 'start')).toBe('notTheHost');
    expect(table.send(agent('operator'), 'remove', { target: 'p5' }, 'admin')).toBeNull();
    table.must(agent('p7'), 'join');
    table.must(p1, 'start');
    expect(seen(table).options).toMatchObject({ ties: 'random' });
  });

  test('is followed by another one who leaves, is silent, or is a bot', () => {
    const table = Table.seating(3);
    table.must(p1, 'leave');
    expect(seen(table).host).toBe('p2');
    expect(table.send(p3, 'claimHost')).toBe('hostIsHere');
    table.pass(limits.hostSilentMs - 1_000);
    table.must(p2, 'say', { text: 'still here' });
    table.pass(limits.hostSilentMs - 1);
    expect(table.send(p3, 'claimHost')).toBe('hostIsHere');
    table.pass(1);
    table.must(p3, 'claimHost');
    expect(seen(table).host).toBe('p3');
    table.must(p3, 'passHost', { target: 'p2' });
    expect(seen(table).host).toBe('p2');
    expect(table.send(agent('stranger'), 'claimHost')).toBe('notInGame');
    const bots = new Table();
    bots.must(p1, 'join', { bot: 'cautious' });
    bots.must(p2, 'join');
    expect(seen(bots)).toMatchObject({ host: 'p2', players: [{ bot: 'cautious' }, { bot: null }] });
  });

  test('stays host in the next lobby when they come back to it', () => {
    const table = atDay();
    expect(table.send(p2, 'stop')).toBe('notTheHost');
    table.must(p1, 'stop');
    expect(seen(table)).toMatchObject({ phase: 'ended', winner: 'nobody', host: 'p1' });
    expect(kinds(table).slice(-2)).toEqual(['stopped', 'ended']);
    table.must(p2, 'rematch');
    expect(seen(table)).toMatchObject({ phase: 'lobby', game: 2, host: 'p2', options: { firstPhase: 'day' } });
    table.must(p1, 'join');
    expect(seen(table).host).toBe('p1');
  });
});

test('the mafia win at parity, or only when nobody else lives', () => {
  const few: readonly Character[] = ['mafia', 'villager', 'villager'];
  const parity = Table.of(few);
  parity.must(p1, 'kill', { target: 'p2' });
  parity.endPhase();
  expect(parity.state).toMatchObject({ phase: 'ended', winner: 'mafia' });
  const last = Table.of(few, { mafiaWins: 'alone' });
  last.must(p1, 'kill', { target: 'p2' });
  last.endPhase();
  expect(last.state.phase).toBe('day');
  last.endPhase();
  last.must(p1, 'kill', { target: 'p3' });
  last.endPhase();
  expect(last.state).toMatchObject({ phase: 'ended', winner: 'mafia' });
});
