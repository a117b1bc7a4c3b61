import { expect, test } from '@jest/globals';
import { applied, defineModule, openSessionRecord, StateMachine, unrecordedRefusalCodes } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { admission, admitted, agent, commandOf, Driver, session } from './support/driver.ts';

const hourMs = 3600 * 1000;
const tally = defineModule({
  name: 'tally',
  version: 1,
  initial: () => ({ count: 0 }),
  commands: {
    add: { schema: z.object({ by: z.number() }), apply: (state, { by }) => applied({ count: state.count + by }, state.count + by) },
    refuse: { schema: z.object({}), apply: () => ({ applied: false, refusal: { code: 'no', message: 'No.' } }) },
  },
});

function withAda(): Driver {
  const driver = new Driver(new StateMachine({ name: 'tally', version: 1, modules: [tally] }));
  admitted(driver, 'ada');
  return driver;
}
const add = (sequence: number, by = 1, acknowledgedThrough = 0) => commandOf('ada', sequence, 'tally', 'add', { by }, { acknowledgedThrough });
const countOf = (driver: Driver) => driver.machine.stateOf('tally');

test('53. a command sent twice applies once and gets the same answer, index included', () => {
  const driver = withAda();
  const first = driver.apply(add(1, 5)).outcome;
  driver.apply(add(2, 7));
  const again = driver.apply(add(1, 5));
  expect(first).toEqual({ status: 'committed', index: 2, answer: 5 });
  expect(again.outcome).toEqual(first);
  expect(again.touchedModules.size).toBe(0);
  expect(countOf(driver)).toEqual({ count: 12 });
});

test('a refusal is recorded too, and repeated as it was', () => {
  const driver = withAda();
  const refusal = driver.apply(commandOf('ada', 1, 'tally', 'refuse', {})).outcome;
  expect(refusal).toMatchObject({ status: 'refused', index: 2, refusal: { code: 'no' } });
  expect(driver.apply(commandOf('ada', 1, 'tally', 'refuse', {})).outcome).toEqual(refusal);
  expect(driver.machine.nextSequence(agent('ada'), session('s-ada'))).toBe(2);
});

test('key order of the arguments makes no other command', () => {
  const driver = withAda();
  const first = driver.apply(commandOf('ada', 1, 'tally', 'add', { by: 1, note: 'x' })).outcome;
  expect(driver.apply(commandOf('ada', 1, 'tally', 'add', { note: 'x', by: 1 })).outcome).toEqual(first);
});

test('a gap is refused unrecorded, and the next number is told', () => {
  const driver = withAda();
  driver.apply(add(1));
  const gap = driver.apply(add(3));
  expect(gap.outcome).toMatchObject({ status: 'refused', refusal: { code: 'sequenceGap' } });
  expect(gap.touchedModules.size).toBe(0);
  expect(driver.machine.nextSequence(agent('ada'), session('s-ada'))).toBe(2);
  expect(driver.apply(add(2)).outcome).toMatchObject({ status: 'committed', answer: 2 });
  expect(driver.apply(add(3)).outcome).toMatchObject({ status: 'committed', answer: 3 });
});

test.each([0, -1, 1.5, NaN, Infinity])('the sequence number %p never applies', (sequence) => {
  const driver = withAda();
  expect(driver.apply(add(sequence)).outcome).toMatchObject({ status: 'refused' });
  expect(countOf(driver)).toEqual({ count: 0 });
});

test('a used sequence number with another command is refused, and the record stays', () => {
  const driver = withAda();
  const first = driver.apply(add(1, 5)).outcome;
  expect(driver.apply(add(1, 6)).outcome).toMatchObject({ refusal: { code: 'sequenceReused' } });
  expect(driver.apply(add(1, 5)).outcome).toEqual(first);
  expect(countOf(driver)).toEqual({ count: 5 });
});

test('answers are kept until acknowledged, then forgotten', () => {
  const driver = withAda();
  for (let sequence = 1; sequence <= 3; sequence += 1) driver.apply(add(sequence));
  expect(driver.machine.recordedOutcome(agent('ada'), session('s-ada'), 2)).toMatchObject({ answer: 2 });
  driver.apply(add(4, 1, 2));
  expect(driver.machine.recordedOutcome(agent('ada'), session('s-ada'), 2)).toBeNull();
  expect(driver.machine.recordedOutcome(agent('ada'), session('s-ada'), 3)).toMatchObject({ answer: 3 });
  expect(driver.apply(add(2)).outcome).toMatchObject({ refusal: { code: 'answerForgotten' } });
  expect(driver.apply(add(3)).outcome).toMatchObject({ answer: 3 });
  expect(countOf(driver)).toEqual({ count: 4 });
});

test('an agent can acknowledge neither the future nor backwards', () => {
  const driver = withAda();
  driver.apply(add(1, 1, 1000));
  expect(driver.apply(add(1)).outcome).toMatchObject({ answer: 1 });
  driver.apply(add(2, 1, 1));
  driver.apply(add(3, 1, 0));
  expect(driver.machine.session(agent('ada'), session('s-ada'))).toMatchObject({ acknowledgedThrough: 1, nextSequence: 4 });
});

test('at most 1,024 answers are open; the one beyond waits for an acknowledgement', () => {
  const driver = withAda();
  for (let sequence = 1; sequence <= 1024; sequence += 1) expect(driver.apply(add(sequence)).outcome).toMatchObject({ status: 'committed' });
  expect(driver.apply(add(1025)).outcome).toMatchObject({ refusal: { code: 'tooManyOpen' } });
  expect(driver.apply(add(1025, 1, 1)).outcome).toMatchObject({ status: 'committed', answer: 1025 });
});

test('53. a session expires a day of log time after its last use, not before, and never answers again', () => {
  const driver = withAda();
  driver.advance(23 * hourMs);
  driver.apply(add(1));
  driver.advance(23 * hourMs);
  expect(driver.machine.session(agent('ada'), session('s-ada'))).toMatchObject({ nextSequence: 2, expiresAtMs: 47 * hourMs });
  driver.advance(hourMs - 1);
  expect(driver.apply(add(1)).outcome).toMatchObject({ answer: 1 });
  driver.advance(1);
  expect(driver.machine.session(agent('ada'), session('s-ada'))).toBeNull();
  expect(driver.apply(add(2)).outcome).toMatchObject({ refusal: { code: 'sessionExpired' } });
  expect(driver.machine.precheck(agent('ada'), session('s-ada'), 'tally', 'add', { by: 1 })).toMatchObject({ code: 'sessionExpired' });
  expect(countOf(driver)).toEqual({ count: 1 });
});

test('an idle session ends after one day, on the entry that brings the time, and leaves nothing behind', () => {
  const driver = withAda();
  expect(driver.machine.nextDeadlineMs).toBe(24 * hourMs);
  driver.logTimeMs = 24 * hourMs;
  expect(driver.apply(add(1)).outcome).toMatchObject({ refusal: { code: 'sessionExpired' } });
  expect(driver.machine.nextDeadlineMs).toBeGreaterThan(24 * hourMs);
});

test('opening again keeps the numbers and counts as use', () => {
  const driver = withAda();
  driver.apply(add(1));
  driver.advance(20 * hourMs);
  expect(driver.apply(openSessionRecord({ agent: agent('ada'), session: session('s-ada') })).outcome).toMatchObject({ status: 'committed', answer: { nextSequence: 2 } });
  driver.advance(20 * hourMs);
  expect(driver.apply(add(1)).outcome).toMatchObject({ answer: 1 });
});

test('an agent keeps its eight last used sessions', () => {
  const driver = withAda();
  admitted(driver, 'adam');
  for (let number = 1; number <= 8; number += 1) {
    driver.advance(1);
    driver.apply(openSessionRecord({ agent: agent('ada'), session: session(`more-${number}`) }));
  }
  expect(driver.machine.session(agent('ada'), session('s-ada'))).toBeNull();
  expect(driver.machine.session(agent('ada'), session('more-1'))).not.toBeNull();
  expect(driver.machine.session(agent('adam'), session('s-adam'))).not.toBeNull();
});

test('sessions do not mix: another agent\'s session is not there', () => {
  const driver = withAda();
  admitted(driver, 'bob');
  expect(driver.apply(commandOf('bob', 1, 'tally', 'add', { by: 1 }, { session: session('s-ada') })).outcome).toMatchObject({ refusal: { code: 'sessionExpired' } });
});

test('what was committed is told as committed, even after its agent was revoked', () => {
  const driver = withAda();
  admitted(driver, 'root', { accessRole: 'admin' });
  const first = driver.apply(add(1, 5)).outcome;
  driver.send('root', 'members', 'revoke', { agent: 'ada' });
  expect(driver.apply(add(1, 5)).outcome).toEqual(first);
  expect(driver.apply(add(2, 5)).outcome).toMatchObject({ refusal: { code: 'revoked' } });
  expect(countOf(driver)).toEqual({ count: 5 });
});

test('an unrecorded refusal uses up no number; every other one does', () => {
  const driver = withAda();
  for (const record of [add(9), add(1), add(1, 3), commandOf('ada', 2, 'nowhere', 'add', {}), commandOf('ada', 3, 'tally', 'fly', {}), commandOf('ada', 4, 'tally', 'add', { by: 'x' }), commandOf('ada', 5, 'members', 'revoke', { agent: 'ada' })]) {
    const before = driver.machine.nextSequence(agent('ada'), session('s-ada')) ?? 0;
    const { outcome } = driver.apply(record);
    const isUnrecorded = outcome?.status === 'refused' && unrecordedRefusalCodes.includes(outcome.refusal.code);
    expect(driver.machine.nextSequence(agent('ada'), session('s-ada'))).toBe(isUnrecorded ? before : before + 1);
  }
});

test('an admission that cannot open its session admits nobody, and one repeated opens no second session', () => {
  const driver = withAda();
  expect(driver.apply(admission('bad', { session: 'no/slash' })).outcome).toMatchObject({ status: 'refused', refusal: { code: 'invalidArguments' } });
  expect(driver.machine.member(agent('bad'))).toBeNull();
  driver.apply(add(1));
  expect(admitted(driver, 'ada')).toMatchObject({ status: 'committed', answer: { agent: 'ada', name: 'ada' } });
  expect(driver.machine.nextSequence(agent('ada'), session('s-ada'))).toBe(2);
});
