import { describe, expect, jest, test } from '@jest/globals';
import { askForRecord, contributionMove, limits, verifyRecord } from '@raft-mesh/mafia';
import type { MafiaView } from '@raft-mesh/mafia';
import { botNames, keepPlaying, nextLine, nextMove, runBot, strategies } from '@raft-mesh/mafia/bots';
import type { Strategy } from '@raft-mesh/mafia/bots';
import type { JsonValue } from '@raft-mesh/state-machine';
import { SimulatedClock } from '@raft-mesh/testkit';
import { botRandom } from '../src/bots/bot-random.ts';
import { FakeWorker } from './fake-worker.ts';
import { agent, Table } from './table.ts';

/** Plays one whole game with the bots' strategy; every move must be accepted. */
function playWithBots(players: number, seed: number, strategy: Strategy, options: Record<string, JsonValue> = {}): Table {
  const table = new Table(seed);
  const bots = Array.from({ length: players }, (_, place) => ({ id: agent(`p${place + 1}`), random: botRandom(seed * 31 + place) }));
  for (const { id, random } of bots) {
    const move = nextMove(table.viewOf(id), random, strategy);
    table.must(id, move?.command ?? '', { ...(move?.args as Record<string, JsonValue>) });
  }
  table.must(agent('p1'), 'start', { options });
  while (table.state.phase === 'night' || table.state.phase === 'day') {
    for (const { id, random } of bots) {
      for (let moves = 0; moves < 4; moves += 1) {
        const move = nextMove(table.viewOf(id), random, strategy);
        if (move !== null) table.must(id, move.command, { ...move.args });
      }
      const line = nextLine(table.viewOf(id), random, strategy);
      if (line !== null) table.must(id, line.command, { ...line.args });
      expect(nextMove(table.viewOf(id), random, strategy)).toBeNull();
    }
    table.endPhase();
  }
  return table;
}

describe('the strategies', () => {
  test.each(Object.values(strategies))('$name plays only legal moves, once each phase, at every table size; who thinks wins some on either side', (strategy) => {
    const winners = new Map<string, number>();
    for (let seed = 1; seed <= 26; seed += 1) {
      const table = playWithBots(limits.playersMin + ((seed - 1) % 26), seed, strategy, { voteMode: seed % 3 === 0 ? 'nomination' : 'plurality', ties: 'random', reveal: seed % 4 === 0 ? 'nothing' : 'character' });
      if (table.state.phase === 'ended') winners.set(table.state.winner, (winners.get(table.state.winner) ?? 0) + 1);
    }
    // A town that plays by chance may well lose them all.
    if (strategy.difficulty !== 'easy') expect(winners.get('town') ?? 0).toBeGreaterThan(0);
    expect(winners.get('mafia') ?? 0).toBeGreaterThan(0);
  });

  test('has as many names as a table has seats', () => {
    expect(new Set(botNames).size).toBe(limits.playersMax);
  });
});

describe('contributionMove', () => {
  test('commits once seated, opens once everything is fixed, and nothing else', () => {
    const table = Table.seating(5);
    const [p1, nonce] = [agent('p1'), '1'.repeat(64)];
    const next = () => contributionMove(table.viewOf(p1), p1, nonce);
    expect(contributionMove(table.viewOf(agent('stranger')), agent('stranger'), nonce)).toBeNull();
    table.must(p1, 'commit', { ...next()?.args });
    expect(next()).toBeNull();
    // Whoever has forgotten what they committed to commits anew, and does not open it.
    expect(contributionMove(table.viewOf(p1), p1, '2'.repeat(64))).toMatchObject({ command: 'commit' });
    table.must(p1, 'start');
    expect(contributionMove(table.viewOf(p1), p1, '2'.repeat(64))).toBeNull();
    table.must(p1, 'open', { ...next()?.args });
    expect([table.state.phase, next()]).toEqual(['night', null]);
  });
});

describe('runBot', () => {
  const quick = { least: 0, most: 0 };

  test('five bots join, play a game that someone starts, and stay for the next one', async () => {
    const table = new Table(5);
    const bots = Array.from({ length: 5 }, (_, place) => new FakeWorker(table, agent(`p${place + 1}`)));
    const stop = new AbortController();
    const done = bots.map((worker, place) => runBot({ worker, seed: place + 1, thinkMs: quick, signal: stop.signal }));
    await bots[0]?.seen((view) => view.phase === 'lobby' && view.players.length === 5);
    const watcher = new FakeWorker(table, agent('watcher'));
    for (let game = 1; game <= 2; game += 1) {
      await watcher.seen((view) => view.phase === 'lobby' && view.fairness.commitments.length === 5);
      await bots[0]?.send('mafia', 'start', { game, phase: 'lobby', round: 0 });
      await watcher.seen((view: MafiaView) => { if (view.deadlineMs !== null) watcher.hurry(); return view.phase === 'ended' && view.game === game; });
      const asked = await askForRecord(watcher);
      expect(asked.found && verifyRecord(asked.record)).toMatchObject({ verified: true, game, contributors: bots.map((bot) => bot.agent), leftOut: [] });
      await bots[0]?.send('mafia', 'rematch', { ...table.moment });
    }
    stop.abort();
    await Promise.all(done);
    expect(bots.flatMap((bot) => bot.refusals)).toEqual([]);
  });

  test('ends with its worker, and with its signal, wherever it is', async () => {
    const table = new Table();
    const worker = new FakeWorker(table, agent('p1'));
    const done = runBot({ worker, thinkMs: quick });
    await worker.seen((view) => view.players.length === 1);
    await worker.close();
    await done;
    await runBot({ worker: new FakeWorker(table, agent('p2')), signal: AbortSignal.abort() });
    expect(table.state.phase === 'lobby' && table.state.seats).toHaveLength(1);
  });

  test('needs no real time: on a given timer bots play game after game that they begin themselves, alike for the same seeds', async () => {
    const play = async (): Promise<string> => {
      const table = new Table(7);
      const clock = new SimulatedClock();
      const setTimer = clock.setTimer.bind(clock);
      const bots = Array.from({ length: 6 }, (_, place) => new FakeWorker(table, agent(`p${place + 1}`)));
      const stops = bots.map(() => new AbortController());
      const done = stops.map(async ({ signal }, place) => {
        const worker = bots[place] ?? new FakeWorker(table, agent('nobody'));
        keepPlaying({ worker, setTimer, signal });
        await runBot({ worker, seed: place + 1, thinkMs: { least: 20, most: 300 }, setTimer, signal });
      });
      for (let step = 0; step < 5_000 && table.state.game < 3; step += 1) {
        await clock.advance(50);
        table.pass(50);
        bots[0]?.tell();
      }
      for (const stop of stops) stop.abort();
      await Promise.all(done);
      await clock.advance(5_000);
      expect(table.state.game).toBe(3);
      return JSON.stringify(table.state);
    };
    const realTimer = jest.spyOn(globalThis, 'setTimeout');
    try {
      const first = await play();
      expect(await play()).toBe(first);
      expect(realTimer).not.toHaveBeenCalled();
    } finally {
      realTimer.mockRestore();
    }
  });
});
