import { describe, expect, test } from '@jest/globals';
import type { MafiaView } from '@raft-mesh/mafia';
import { mafia } from '@raft-mesh/mafia';
import { provideBots, runBot, strategies } from '@raft-mesh/mafia/bots';
import type { ProvidedBot } from '@raft-mesh/mafia/bots';
import { FakeWorker } from './fake-worker.ts';
import { agent, spectator, Table } from './table.ts';

const operator = agent('operator');
const moment = { game: 1, phase: 'lobby', round: 0 };
const bots = (table: Table): readonly string[] => table.view(spectator).players.filter(({ bot }) => bot !== null).map(({ id }) => id);

function lobby(): Table {
  const table = new Table();
  table.must(agent('ada'), 'join', {});
  table.must(agent('ben'), 'join', {});
  for (const id of ['b1', 'b2', 'b3']) table.must(agent(id), 'join', { bot: 'talker' });
  return table;
}

describe('how many bots are wanted', () => {
  test('is for the host to say, in the lobby, when somebody provides them', () => {
    const table = lobby();
    expect(table.send(agent('ada'), 'wantBots', { ...moment, count: 4, difficulty: 'hard' })).toBe('nobodyProvides');
    expect(table.send(agent('ada'), 'offerBots', { most: 9 })).toBe('notTheHost');
    table.must(operator, 'offerBots', { most: 9 }, 'admin');
    expect(table.send(agent('ben'), 'wantBots', { ...moment, count: 4, difficulty: 'hard' })).toBe('notTheHost');
    expect(table.send(agent('ada'), 'wantBots', { ...moment, count: 31, difficulty: 'hard' })).toBe('invalidArguments');
    table.must(agent('ada'), 'wantBots', { ...moment, count: 4, difficulty: 'mixed' });
    expect(table.view(spectator).bots).toEqual({ provider: { by: 'operator', most: 9 }, wanted: { count: 4, difficulty: 'mixed' } });
    table.must(agent('ada'), 'start', moment);
    expect(table.send(agent('ada'), 'wantBots', { ...moment, count: 4, difficulty: 'mixed' })).toBe('wrongPhase');
  });

  test('lets no more sit, and makes the last get up; people never', () => {
    const table = lobby();
    table.must(agent('ada'), 'wantBots', { ...moment, count: 1, difficulty: 'mixed' });
    expect(bots(table)).toEqual(['b1']);
    expect(table.send(agent('b4'), 'join', { bot: 'talker' })).toBe('noBotWanted');
    table.must(agent('cy'), 'join', {});
    table.must(operator, 'offerBots', { most: 9 }, 'admin');
    table.must(agent('ada'), 'wantBots', { ...moment, count: 2, difficulty: 'mixed' });
    table.must(agent('b4'), 'join', { bot: 'talker' });
    expect(table.view(spectator).players.map(({ id }) => id)).toEqual(['ada', 'ben', 'b1', 'cy', 'b4']);
  });

  test('and how well they play: for another difficulty all get up', () => {
    const table = lobby();
    table.must(agent('ada'), 'wantBots', { ...moment, count: 3, difficulty: 'easy' });
    expect(bots(table)).toEqual([]);
  });

  test('is remembered over a game, and by a state of before there was such a thing as unsaid', () => {
    const table = lobby();
    table.must(agent('ada'), 'wantBots', { ...moment, count: 3, difficulty: 'mixed' });
    table.must(agent('ada'), 'start', moment);
    expect(table.view(spectator).bots.wanted).toEqual({ count: 3, difficulty: 'mixed' });
    const [state, ...pages] = [...mafia.encode!(new Table().state)];
    const { bots: _, ...old } = state as Record<string, never>;
    expect(mafia.decode!([old, ...pages])).toEqual(new Table().state);
  });
});

describe('who provides bots', () => {
  /** Bots at a table of fakes, as processes of `mesh dev` would be. */
  function provided(table: Table, most: number, by = operator) {
    const stopping = new AbortController();
    const running = new Map<string, { readonly strategy: string; readonly ended: AbortController }>();
    let started = 0;
    let told = (): void => undefined;
    /** Resolves when a bot was ended and so many are left. */
    const untilRunning = (count: number): Promise<void> => new Promise((resolve) => {
      told = () => { if (running.size === count) resolve(); };
      told();
    });
    const start = (strategy: string): Promise<ProvidedBot | null> => {
      started += 1;
      const id = by === operator ? `sent-${started}` : `sent-by-${by}-${started}`;
      const ended = new AbortController();
      running.set(id, { strategy, ended });
      const known = strategies[strategy as keyof typeof strategies] ?? strategies.talker;
      void runBot({ worker: new FakeWorker(table, agent(id)), signal: ended.signal, strategy: known, thinkMs: { least: 0, most: 0 }, setTimer: (_delayMs, callback) => { const timer = setTimeout(callback, 0); return () => clearTimeout(timer); } });
      return Promise.resolve({ agent: Promise.resolve(id), stop: () => { ended.abort(); running.delete(id); told(); return Promise.resolve(); } });
    };
    const worker = new FakeWorker(table, by, 'admin');
    const done = provideBots({ worker, most, start, signal: stopping.signal, setTimer: (_delayMs, callback) => { const timer = setTimeout(callback, 0); return () => clearTimeout(timer); } });
    return { running, untilRunning, worker, stop: async () => { stopping.abort(); await done; } };
  }
  const seated = (view: MafiaView): number => view.players.filter(({ bot }) => bot !== null).length;

  test('offers, sends as many as are wanted, of the strategy that is wanted, and ends those who are not wanted any more', async () => {
    const table = new Table();
    table.must(agent('ada'), 'join', {});
    const { running, untilRunning, worker, stop } = provided(table, 5);
    const ada = new FakeWorker(table, agent('ada'));
    await ada.seen((view) => view.bots.provider?.by === operator);
    await ada.send('mafia', 'wantBots', { ...moment, count: 4, difficulty: 'medium' });
    await ada.seen((view) => seated(view) === 4);
    expect([...running.values()].map(({ strategy }) => strategy)).toEqual(['cautious', 'cautious', 'cautious', 'cautious']);
    await ada.send('mafia', 'wantBots', { ...moment, count: 1, difficulty: 'medium' });
    await untilRunning(1);
    expect(bots(table)).toHaveLength(1);
    // More than it has: what it has.
    await ada.send('mafia', 'wantBots', { ...moment, count: 20, difficulty: 'hard' });
    await worker.seen((view) => seated(view) === 5 && view.players.every(({ bot }) => bot === null || bot === 'deductive' || bot === 'talker'));
    expect(running.size).toBe(5);
    await stop();
    expect(running.size).toBe(0);
  });

  test('one at a time: another that offers as well takes over when the first is gone', async () => {
    const table = new Table();
    const others = new Map<string, 'alive' | 'dead'>([[operator, 'alive'], ['second', 'alive']]);
    FakeWorker.unseated.set(table, others);
    table.must(agent('ada'), 'join', {});
    const ada = new FakeWorker(table, agent('ada'));
    const first = provided(table, 5);
    await ada.seen((view) => view.bots.provider?.by === operator);
    const second = provided(table, 3, agent('second'));
    await ada.send('mafia', 'wantBots', { ...moment, count: 2, difficulty: 'easy' });
    await ada.seen((view) => seated(view) === 2);
    expect([first.running.size, second.running.size, table.view(spectator).bots.provider?.by]).toEqual([2, 0, operator]);
    await first.stop();
    others.set(operator, 'dead');
    second.worker.tell();
    await ada.seen((view) => view.bots.provider?.by === 'second');
    await ada.send('mafia', 'wantBots', { ...moment, count: 3, difficulty: 'easy' });
    await ada.seen((view) => seated(view) === 3);
    expect(second.running.size).toBe(1);
    await second.stop();
  });

  test('leaves alone what sits there by itself', async () => {
    const table = lobby();
    const { running, worker, stop } = provided(table, 5);
    await worker.seen((view) => view.bots.provider !== null);
    await new FakeWorker(table, agent('ada')).send('mafia', 'wantBots', { ...moment, count: 4, difficulty: 'mixed' });
    await worker.seen((view) => seated(view) === 4);
    expect([running.size, bots(table)]).toEqual([1, ['b1', 'b2', 'b3', 'sent-1']]);
    await stop();
  });
});
