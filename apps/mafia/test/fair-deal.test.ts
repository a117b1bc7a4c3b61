import { describe, expect, test } from '@jest/globals';
import { contributionHash, limits, mafia } from '@raft-mesh/mafia';
import type { GameRecord, MafiaState } from '@raft-mesh/mafia';
import type { JsonValue } from '@raft-mesh/state-machine';
import { commitmentTo } from '../src/game/proof/hashes.ts';
import { agent, spectator, Table, worker } from './table.ts';

type Running = Extract<MafiaState, { phase: 'night' | 'day' }>;

const nonceOf = (number: number): string => number.toString(16).padStart(64, '0');
const p1 = agent('p1');
const p2 = agent('p2');
const p3 = agent('p3');

function commit(table: Table, by: typeof p1, nonce: string): void {
  table.must(by, 'commit', { hash: contributionHash(table.state.game, { by, nonce }) });
}

/** A table of five at which the first three have committed, and the game was started. */
function opening(seed = 1): Table {
  const table = Table.seating(5, seed);
  for (const [place, by] of [p1, p2, p3].entries()) commit(table, by, nonceOf(place));
  table.must(p1, 'start');
  return table;
}

const charactersAt = (table: Table): readonly string[] => (table.state as Running).players.map(({ character }) => character);
const recordAt = (table: Table, args: JsonValue = {}): unknown => {
  const answer = mafia.queries?.['record']?.answer(table.state, args as never, spectator, 0);
  return answer?.found === true ? answer.value : answer?.refusal.code;
};

describe('the deal', () => {
  test('is bound before anyone contributes: the hash of the secret is shown from the first seat on, the secret never before the end', () => {
    const table = new Table();
    expect(table.view(spectator).fairness.chain).toBeNull();
    table.must(p1, 'join');
    const { secret } = table.state as Extract<MafiaState, { phase: 'lobby' }>;
    expect(table.view(spectator).fairness.chain).toEqual({ entries: 0, head: commitmentTo(secret ?? '') });
    table.must(p2, 'join');
    expect((table.state as Extract<MafiaState, { phase: 'lobby' }>).secret).toBe(secret);
    expect(JSON.stringify([table.view(spectator), table.viewOf(p1)])).not.toContain(secret);
  });

  test('waits for those who have committed, and no longer than it may', () => {
    const table = opening();
    expect(table.view(spectator).fairness).toMatchObject({ chain: { entries: 1 }, opening: { untilMs: table.logTimeMs + limits.openingMs, opened: [] }, commitments: [{ by: 'p1' }, { by: 'p2' }, { by: 'p3' }] });
    table.must(p3, 'open', { nonce: nonceOf(2) });
    table.must(p1, 'open', { nonce: nonceOf(0) });
    expect(table.state.phase).toBe('lobby');
    expect(table.view(spectator).fairness.opening?.opened).toEqual([p3, p1]);
    table.must(p2, 'open', { nonce: nonceOf(1) });
    expect(table.state.phase).toBe('night');
    expect(table.view(spectator).fairness).toMatchObject({ chain: { entries: 2 }, contributors: [p1, p2, p3], leftOut: [], commitments: [], opening: null });
  });

  test('leaves out who does not open in time, and says so', () => {
    const table = opening();
    table.must(p3, 'open', { nonce: nonceOf(2) });
    table.pass(limits.openingMs - 1);
    expect(table.state.phase).toBe('lobby');
    table.pass(1);
    expect(table.state.phase).toBe('night');
    expect(table.viewOf(p2).fairness).toMatchObject({ contributors: [p3], leftOut: [p1, p2] });
  });

  test('is made at once when nobody has committed', () => {
    expect(Table.playing(5).view(spectator).fairness).toMatchObject({ chain: { entries: 2 }, contributors: [], leftOut: [] });
  });

  test('depends on every contribution, and on the secret, and not on the order in which they are opened', () => {
    const deals = new Set<string>();
    const deal = (seed: number, nonces: readonly number[], order: readonly number[] = [0, 1, 2]): string => {
      const table = Table.seating(12, seed);
      for (const [place, nonce] of nonces.entries()) commit(table, [p1, p2, p3][place] ?? p1, nonceOf(nonce));
      table.must(p1, 'start');
      for (const place of order) table.must([p1, p2, p3][place] ?? p1, 'open', { nonce: nonceOf(nonces[place] ?? 0) });
      return charactersAt(table).join();
    };
    for (const nonces of [[1, 2, 3], [9, 2, 3], [1, 9, 3], [1, 2, 9], [2, 1, 3]]) deals.add(deal(1, nonces));
    deals.add(deal(2, [1, 2, 3]));
    expect(deals.size).toBe(6);
    expect(deal(1, [1, 2, 3], [2, 0, 1])).toBe(deal(1, [1, 2, 3]));
  });

  test.each<[string, (table: Table) => string | null, string]>([
    ['to open what was not committed', (table) => table.send(p1, 'open', { nonce: nonceOf(7) }), 'notWhatWasCommitted'],
    ['to open what another has committed', (table) => table.send(p1, 'open', { nonce: nonceOf(1) }), 'notWhatWasCommitted'],
    ['to open without having committed', (table) => table.send(agent('p4'), 'open', { nonce: nonceOf(7) }), 'notCommitted'],
    ['to open what is no number', (table) => table.send(p1, 'open', { nonce: 'heads' }), 'invalidArguments'],
    ['to commit once it was started', (table) => table.send(p1, 'commit', { hash: nonceOf(7) }), 'alreadyStarted'],
    ['to sit down once it was started', (table) => table.send(agent('p6'), 'join'), 'alreadyStarted'],
    ['to leave once it was started', (table) => table.send(p3, 'leave'), 'alreadyStarted'],
    ['to take a seat away once it was started', (table) => table.send(p1, 'remove', { target: p3 }), 'alreadyStarted'],
    ['to change the rules once it was started', (table) => table.send(p1, 'configure', { options: { ties: 'random' } }), 'alreadyStarted'],
    ['to start once it was started', (table) => table.send(p1, 'start'), 'alreadyStarted'],
  ])('does not let anyone %s', (_name, attempt, code) => {
    const table = opening();
    const { state } = table;
    expect(attempt(table)).toBe(code);
    expect(table.state).toBe(state);
  });

  test('forgets the commitment of whoever leaves', () => {
    const table = Table.seating(6);
    commit(table, p2, nonceOf(1));
    commit(table, p3, nonceOf(1));
    table.must(p1, 'remove', { target: p2 });
    table.must(p3, 'leave');
    expect(table.view(spectator).fairness.commitments).toEqual([]);
    expect(table.send(p2, 'commit', { hash: nonceOf(1) })).toBe('notInGame');
  });
});

describe('the record', () => {
  test('is refused while the game goes on, to everyone, and given to anyone after the end, and through the next game', () => {
    const table = Table.playing(5);
    expect(recordAt(table)).toBe('noRecord');
    table.must(p1, 'stop');
    expect(recordAt(table)).toMatchObject({ record: { format: 'mafia-record', game: 1, isCut: false, entries: [{ kind: 'sealed' }, { kind: 'dealt' }, { kind: 'stopped' }] }, entries: 3 });
    expect(recordAt(table, { from: 2 })).toMatchObject({ record: { entries: [{ kind: 'stopped', number: 3 }] }, entries: 3 });
    expect(table.viewOf(p2).fairness.records).toEqual([1]);
    table.must(p1, 'rematch');
    for (const by of ['p2', 'p3', 'p4', 'p5']) table.must(agent(by), 'join');
    table.must(p1, 'start');
    expect(recordAt(table)).toMatchObject({ record: { game: 1 } });
    expect(recordAt(table, { game: 2 })).toBe('noRecord');
    expect(table.view(worker(p1)).fairness.records).toEqual([1]);
  });

  test('of each game has a secret of its own', () => {
    const table = Table.playing(5);
    table.must(p1, 'stop');
    const { secret } = (recordAt(table) as { record: GameRecord }).record;
    table.must(p1, 'rematch');
    const lobby = table.state as Extract<MafiaState, { phase: 'lobby' }>;
    expect(lobby.secret).toMatch(/^[0-9a-f]{64}$/u);
    expect(lobby.secret).not.toBe(secret);
  });

  test('has a step for each end of a phase or ballot, and the head moves with them and never with what is secret', () => {
    const table = Table.of(['mafia', 'doctor', 'detective', 'villager', 'villager', 'villager']);
    const head = () => table.view(spectator).fairness.chain;
    const before = head();
    table.must(table.the('mafia'), 'kill', { target: agent('p5') });
    table.must(table.the('doctor'), 'protect', { target: agent('p6') });
    table.must(table.the('mafia'), 'kill', { target: agent('p4') });
    expect(head()).toEqual(before);
    table.endPhase();
    expect(head()).toMatchObject({ entries: 3 });
    table.must(p1, 'vote', { target: p2 });
    expect(head()).toMatchObject({ entries: 3 });
    table.endPhase();
    expect(head()).toMatchObject({ entries: 4 });
    expect((table.state as Running).proof?.entries.slice(2)).toMatchObject([
      { kind: 'night', round: 1, choices: [{ action: 'protect' }, { action: 'kill', target: 'p4' }], night: { killed: ['p4'] }, events: [{ kind: 'killed', player: 'p4' }] },
      { kind: 'ballot', round: 1, endedBy: 'time', votes: [{ by: 'p1', target: 'p2' }], day: { condemned: 'p2' }, events: [{ kind: 'absent' }, { kind: 'condemned', player: 'p2', votes: 1 }] },
    ]);
  });

  test('has heads that nobody can try out: with another secret, the same game has no head in common', () => {
    const headsWith = (secret: string): readonly (string | undefined)[] => {
      const table = Table.seating(5);
      table.state = { ...table.state, secret } as MafiaState;
      const heads = [table.view(spectator).fairness.chain?.head];
      table.must(p1, 'start');
      // Whatever is dealt, the same characters, so that nothing else differs.
      const running = table.state as Running;
      table.state = { ...running, players: running.players.map((player, place) => ({ ...player, character: place === 0 ? 'mafia' : 'villager' })) };
      for (let phases = 0; phases < 4; phases += 1) { heads.push(table.view(spectator).fairness.chain?.head); table.endPhase(); }
      return heads;
    };
    const [here, there] = [headsWith(nonceOf(1)), headsWith(nonceOf(2))];
    expect(headsWith(nonceOf(1))).toEqual(here);
    expect(new Set([...here, ...there]).size).toBe(here.length + there.length);
  });

  test('is cut when it grows too long, and the game goes on', () => {
    const table = Table.playing(5);
    const running = table.state as Running;
    if (running.proof === null) throw new Error('a record is kept');
    table.state = { ...running, proof: { ...running.proof, bytes: limits.recordBytesMax - 10 } };
    table.endPhase();
    expect((table.state as Running).proof).toMatchObject({ isCut: true, count: 3, entries: [{ kind: 'sealed' }, { kind: 'dealt' }] });
    expect(table.view(spectator).fairness.chain?.entries).toBe(3);
    table.must(p1, 'stop');
    expect(recordAt(table)).toMatchObject({ record: { isCut: true }, entries: 2 });
  });

  test('is not kept where there is no secret; chance is then the mesh\'s own', () => {
    const table = Table.seating(5);
    table.state = { ...table.state, secret: null } as MafiaState;
    table.must(p1, 'start');
    expect((table.state as Running).proof).toBeNull();
    table.endPhase();
    table.must(p1, 'stop');
    expect(recordAt(table)).toBe('noRecord');
  });
});
