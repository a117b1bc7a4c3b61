import { expect, test } from '@jest/globals';
import { StateMachine } from '@raft-mesh/state-machine';
import { emptyRandomPool, mixIntoPool, ReplicatedRandom } from '../src/random-source.ts';
import { diceApp } from './support/dice.ts';
import { admitted, Driver, randomBytes } from './support/driver.ts';

const pool = mixIntoPool(emptyRandomPool, randomBytes(1));

/** Pearson's statistic against equal frequencies. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

// Thresholds: the 99.9th percentile of the chi-squared distribution for 6 and 23 degrees of freedom. Seeds are fixed, so the test always ends alike.
test('whole numbers are drawn evenly', () => {
  const random = new ReplicatedRandom(pool, 1, 'test');
  const counts = Array.from({ length: 7 }, () => 0);
  for (let draw = 0; draw < 14_000; draw += 1) {
    const drawn = random.integerBelow(7);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  expect(chiSquared(counts)).toBeLessThan(22.5);
});

test('every order of four comes as often as any other', () => {
  const random = new ReplicatedRandom(pool, 2, 'test');
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 12_000; draw += 1) {
    const order = random.shuffle(['a', 'b', 'c', 'd']).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  expect(chiSquared([...counts.values()])).toBeLessThan(49.7);
});

test('large limits are drawn within bounds and over the whole range', () => {
  const random = new ReplicatedRandom(pool, 3, 'test');
  const limit = 2 ** 47 + 1;
  const draws = Array.from({ length: 200 }, () => random.integerBelow(limit));
  expect(draws.every((drawn) => Number.isSafeInteger(drawn) && drawn >= 0 && drawn < limit)).toBe(true);
  expect(draws.some((drawn) => drawn > limit * 0.9) && draws.some((drawn) => drawn < limit * 0.1)).toBe(true);
  expect(random.integerBelow(1)).toBe(0);
});

test.each([0, -1, 1.5, NaN, 2 ** 49])('a limit of %p is an error of the module, not of the node', (limit) => {
  expect(() => new ReplicatedRandom(pool, 1, 'test').integerBelow(limit)).toThrow(TypeError);
});

test('index, module and pool each give another stream; the same three the same', () => {
  const streamOf = (...source: ConstructorParameters<typeof ReplicatedRandom>) => {
    const random = new ReplicatedRandom(...source);
    return Array.from({ length: 12 }, () => random.integerBelow(1000)).join();
  };
  const streams = [streamOf(pool, 1, 'a'), streamOf(pool, 2, 'a'), streamOf(pool, 1, 'b'), streamOf(mixIntoPool(pool, randomBytes(2)), 1, 'a')];
  expect(new Set(streams).size).toBe(4);
  expect(streamOf(pool, 1, 'a')).toBe(streams[0]);
});

test('what is drawn does not depend on what refused commands drew', () => {
  const rollAfter = (command: string) => {
    const driver = new Driver(new StateMachine(diceApp));
    admitted(driver, 'ada');
    driver.send('ada', 'dice', command, {}, { random: randomBytes(3) });
    return driver.send('ada', 'dice', 'roll', { sides: 1_000_000 }, { random: randomBytes(4) });
  };
  expect(rollAfter('rollAndRefuse')).toEqual(rollAfter('crash'));
});

test('what expires and the command after it draw different numbers', () => {
  const driver = new Driver(new StateMachine(diceApp));
  admitted(driver, 'ada');
  const pairs = Array.from({ length: 12 }, (_, round) => {
    driver.send('ada', 'dice', 'wakeAfter', { ms: 1 });
    driver.logTimeMs += 1;
    driver.send('ada', 'dice', 'roll', { sides: 6 }, { random: randomBytes(round) });
    return (driver.machine.stateOf('dice') as { rolls: number[] }).rolls.slice(-2);
  });
  expect(pairs.some(([expired, rolled]) => expired !== rolled)).toBe(true);
});

test('the machine tells which commands draw, and keeps its secret out of views', () => {
  const driver = new Driver(new StateMachine(diceApp));
  expect(driver.machine.drawsRandom('dice', 'roll')).toBe(true);
  expect(driver.machine.drawsRandom('dice', 'keep')).toBe(false);
  expect(driver.machine.drawsRandom('nowhere', 'roll')).toBe(false);
  driver.advance(1);
  const [header] = driver.machine.snapshot().parts();
  const { randomPool } = header as { randomPool: string };
  const shown = driver.machine.moduleNames.map((name) => driver.machine.view(name, { agent: null, accessRole: 'admin' }, null));
  expect(randomPool).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(shown)).not.toContain(randomPool);
});
