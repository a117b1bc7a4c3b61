import { describe, expect, test } from '@jest/globals';
import type { Character } from '@raft-mesh/mafia';
import { nextLine, nextMove, strategies, strategyFor } from '@raft-mesh/mafia/bots';
import { botRandom } from '../src/bots/bot-random.ts';
import { suspicions } from '../src/bots/strategies/suspicion.ts';
import { isPlaying } from '../src/bots/strategy.ts';
import { simulate } from '../src/simulate/simulate.ts';
import { agent, Table } from './table.ts';

const crowd: readonly Character[] = ['villager', 'villager', 'villager', 'villager', 'villager'];
const suspicionsOf = (table: Table, id: string): ReadonlyMap<string, number> => {
  const view = table.viewOf(agent(id));
  if (!isPlaying(view)) throw new Error('no game');
  return suspicions(view);
};
const votes = (table: Table, targets: Readonly<Record<string, string>>): void => { for (const [by, target] of Object.entries(targets)) table.must(agent(by), 'vote', { target }); };

describe('suspicion', () => {
  test('is the setup to begin with, the same for everyone, and as much as there are mafia', () => {
    const table = Table.of(['mafia', 'mafia', 'detective', ...crowd]);
    const chances = [...suspicionsOf(table, 'p4').values()];
    expect(chances).toHaveLength(7);
    for (const chance of chances) expect(chance).toBeCloseTo(2 / 7, 3);
  });

  test('follows what one has found, less so where there are framers', () => {
    const found = (cast: readonly Character[]): number => {
      const table = Table.of([...cast, ...crowd]);
      table.must(agent('p3'), 'investigate', { target: 'p1' });
      table.endPhase();
      return suspicionsOf(table, 'p3').get('p1') ?? 0;
    };
    expect(found(['mafia', 'mafia', 'detective'])).toBeGreaterThan(0.8);
    expect(found(['mafia', 'framer', 'detective'])).toBeLessThan(found(['mafia', 'mafia', 'detective']));
  });

  test('falls on those who voted for a friend, and not on those who voted for a foe', () => {
    const table = Table.of(['mafia', 'mafia', 'detective', ...crowd]);
    table.endPhase();
    votes(table, { p4: 'p8', p5: 'p8', p6: 'p8', p7: 'p1' });
    table.endPhase();
    table.endPhase();
    votes(table, { p3: 'p1', p4: 'p1', p7: 'p1', p5: 'p3', p6: 'p3' });
    table.endPhase();
    const chances = suspicionsOf(table, 'p3');
    const of = (id: string): number => chances.get(id) ?? 0;
    expect(of('p5')).toBeGreaterThan(of('p4'));
    expect(of('p4')).toBeGreaterThan(of('p7'));
  });

  test('falls on whoever was at the door of the dead', () => {
    const table = Table.of(['mafia', 'mafia', 'watcher', ...crowd]);
    table.must(agent('p1'), 'kill', { target: 'p5' });
    table.must(agent('p3'), 'watch', { target: 'p5' });
    table.endPhase();
    expect(suspicionsOf(table, 'p3').get('p1')).toBeGreaterThan(0.6);
  });
});

describe('the strategies', () => {
  test('a town that reckons loses less often than one that does not', () => {
    const rate = (strategy: keyof typeof strategies): number => simulate({ players: 8, games: 250, seed: 3, rules: { ties: 'nobody' }, strategy: strategies[strategy] }).mafiaWinRate;
    expect(rate('deductive')).toBeLessThan(rate('cautious') - 0.1);
    expect(rate('deductive')).toBeLessThan(rate('random') - 0.1);
  });

  test('mafia never vote for their own, and agree by night', () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const table = Table.of(['mafia', 'godfather', 'detective', ...crowd], {}, seed);
      const random = botRandom(seed);
      for (const id of ['p1', 'p2']) {
        const move = nextMove(table.viewOf(agent(id)), random, strategies.deductive);
        table.must(agent(id), move?.command ?? '', { ...move?.args });
      }
      expect(new Set(table.viewOf(agent('p1')).picks.map(({ target }) => target)).size).toBe(1);
      table.endPhase();
      for (const id of ['p1', 'p2']) expect(['p1', 'p2']).not.toContain(nextMove(table.viewOf(agent(id)), random, strategies.deductive)?.args['target']);
    }
  });

  test('a talker has much to say, and a detective among them says whom they found', () => {
    const lines = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const table = Table.of(['mafia', 'mafia', 'detective', 'doctor', ...crowd], {}, seed);
      const random = botRandom(seed);
      for (let phases = 0; phases < 5 && (table.state.phase === 'night' || table.state.phase === 'day'); phases += 1) {
        for (let place = 1; place <= 9; place += 1) {
          const id = agent(`p${place}`);
          for (const move of [nextMove(table.viewOf(id), random, strategies.talker), nextLine(table.viewOf(id), random, strategies.talker)]) if (move !== null) table.send(id, move.command, { ...move.args });
        }
        for (const line of table.state.chat.table) lines.add(line.text);
        table.endPhase();
      }
    }
    expect(lines.size).toBeGreaterThan(35);
    expect([...lines].some((line) => line.startsWith('I do not trust p'))).toBe(true);
  });

  test('are chosen by name, or a mixture by seed', async () => {
    const choose = async (environment: Readonly<Record<string, string>>, seed = 0): Promise<string> => (await strategyFor(environment, seed, { log: () => {} })).name;
    expect(await choose({ MESH_BOT_STRATEGY: 'random' })).toBe('random');
    expect(new Set(await Promise.all([0, 1, 2, 3, -1].map((seed) => choose({}, seed)))).size).toBe(3);
    await expect(choose({ MESH_BOT_STRATEGY: 'toString' })).rejects.toThrow('must be one of random');
    await expect(choose({ MESH_BOT_STRATEGY: 'language-model' })).rejects.toThrow('MESH_BOT_LLM_URL');
  });
});
