import { expect, test } from '@jest/globals';
import type { JsonValue, Module } from '@raft-mesh/state-machine';
import { defineModule, StateMachine } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { dice, diceApp } from './support/dice.ts';
import { admitted, commandOf, Driver, emptyApp, randomBytes } from './support/driver.ts';

function diceDriver(): Driver {
  const driver = new Driver(new StateMachine(diceApp));
  admitted(driver, 'ada');
  return driver;
}

function nested(levels: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { deeper: value };
  return value;
}

test('57. a command that throws is refused in words that no engine chose, changes nothing, and tells its failure apart', () => {
  const driver = diceDriver();
  const before = driver.machine.stateOf('dice');
  const outcome = driver.send('ada', 'dice', 'crash', {});
  expect(outcome).toMatchObject({ status: 'refused', refusal: { code: 'moduleFailed' } });
  expect(JSON.stringify(outcome)).not.toContain('a bug');
  expect(driver.results.at(-1)?.failures).toMatchObject([{ module: 'dice', step: 'crash' }]);
  expect(driver.machine.stateOf('dice')).toBe(before);
  expect(driver.send('ada', 'dice', 'keep', {})).toMatchObject({ answer: 'kept' });
});

test('an answer that is no JSON is a failure of the module, and its state is not taken', () => {
  const driver = diceDriver();
  expect(driver.send('ada', 'dice', 'answerBadly', {})).toMatchObject({ refusal: { code: 'moduleFailed' } });
  expect(driver.machine.stateOf('dice')).toMatchObject({ expired: 0 });
});

test('57. an exhausted stack is no refusal: it stops the machine for good', () => {
  const driver = diceDriver();
  expect(() => driver.send('ada', 'dice', 'exhaust', {})).toThrow('call stack');
  expect(() => driver.send('ada', 'dice', 'keep', {})).toThrow('has failed before');
});

test.each([33, 1000, 200_000])('arguments nested %i levels deep are refused', (levels) => {
  const driver = diceDriver();
  admitted(driver, 'root', { accessRole: 'admin' });
  expect(driver.send('root', 'documents', 'put', { key: 'deep', value: nested(levels) })).toMatchObject({ refusal: { code: 'invalidArguments' } });
  expect(driver.machine.view('documents', { agent: null, accessRole: 'worker' }, nested(levels))).toMatchObject({ found: false });
  expect(driver.machine.query('documents', 'get', nested(levels), { agent: null, accessRole: 'worker' })).toMatchObject({ found: false });
});

test.each<[string, unknown]>([['undefined', undefined], ['a function', () => 1], ['not finite', Infinity], ['a date', new Date(0)], ['a map', new Map()], ['a big integer', 1n], ['a key __proto__', JSON.parse('{"__proto__":1}')]])('arguments with %s are refused', (_what, value) => {
  const driver = diceDriver();
  admitted(driver, 'root', { accessRole: 'admin' });
  expect(driver.send('root', 'documents', 'put', { key: 'odd', value: value as JsonValue })).toMatchObject({ refusal: { code: 'invalidArguments' } });
});

test.each(['__proto__', 'constructor', 'toString', '', 'x'.repeat(10_000)])('no module and no command is named %p', (name) => {
  const driver = diceDriver();
  expect(driver.send('ada', name, 'put', {})).toMatchObject({ refusal: { code: 'unknownModule' } });
  expect(driver.send('ada', 'documents', name, {})).toMatchObject({ refusal: { code: 'unknownCommand' } });
  expect(driver.machine.query('documents', name, {}, { agent: null, accessRole: 'admin' })).toMatchObject({ refusal: { code: 'unknownQuery' } });
  expect(driver.machine.drawsRandom('dice', name)).toBe(false);
  for (const { outcome } of driver.results) if (outcome?.status === 'refused') expect(outcome.refusal.message.length).toBeLessThanOrEqual(1024);
});

test('events of a refused step are dropped, those of an applied one kept', () => {
  const driver = diceDriver();
  driver.send('ada', 'dice', 'rollAndRefuse', {}, { random: randomBytes(1) });
  expect(driver.results.at(-1)?.events).toEqual([]);
  driver.send('ada', 'dice', 'roll', { sides: 6 }, { random: randomBytes(2) });
  expect(driver.results.at(-1)?.events).toMatchObject([{ module: 'dice', audience: 'everyone' }]);
});

test('a view or query that throws is refused; the machine goes on', () => {
  const broken = defineModule({
    name: 'broken', version: 1, initial: () => 0, commands: {},
    view: () => { throw new Error('a bug'); },
    queries: { ask: { schema: z.object({}), answer: () => { throw new Error('a bug'); } } },
  });
  const machine = new StateMachine({ name: 'broken', version: 1, modules: [broken] });
  expect(machine.view('broken', { agent: null, accessRole: 'admin' }, null)).toMatchObject({ refusal: { code: 'moduleFailed' } });
  expect(machine.query('broken', 'ask', {}, { agent: null, accessRole: 'admin' })).toMatchObject({ refusal: { code: 'moduleFailed' } });
  expect(machine.view('sessions', { agent: null, accessRole: 'admin' }, null)).toMatchObject({ refusal: { code: 'noView' } });
});

test('the runtime may call nothing but its own commands, and agents none of those', () => {
  const driver = diceDriver();
  admitted(driver, 'root', { accessRole: 'admin', permissions: ['*'] });
  expect(driver.apply({ kind: 'runtime', module: 'dice', command: 'keep', arguments: {} }).outcome).toMatchObject({ refusal: { code: 'notAllowed' } });
  expect(driver.apply({ kind: 'runtime', module: 'members', command: 'nothing', arguments: {} }).outcome).toMatchObject({ refusal: { code: 'unknownCommand' } });
  expect(driver.apply({ kind: 'runtime', module: 'members', command: 'admit', arguments: null }).outcome).toMatchObject({ refusal: { code: 'invalidArguments' } });
  expect(driver.send('root', 'members', 'setStatus', { changes: [] })).toMatchObject({ refusal: { code: 'notAllowed' } });
  expect(driver.apply(commandOf('nobody', 1, 'dice', 'keep', {})).outcome).toMatchObject({ refusal: { code: 'notAMember' } });
});

test('an app with two modules of one name, or a malformed module, is told at once', () => {
  const named = (name: string): Module => ({ ...dice, name });
  expect(() => new StateMachine({ ...emptyApp, modules: [named('same'), named('same')] })).toThrow('two modules of one name');
  expect(() => new StateMachine({ ...emptyApp, modules: [named('members')] })).toThrow('two modules of one name');
  expect(() => defineModule({ name: 'Not Good', version: 1, initial: () => 0, commands: {} })).toThrow('lower-case');
  expect(() => defineModule({ name: 'half', version: 1, initial: () => 0, commands: {}, deadlineMs: () => 1 })).toThrow('both deadlineMs and expire');
});
