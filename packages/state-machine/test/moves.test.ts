import { expect, test } from '@jest/globals';
import type { Outcome } from '@raft-mesh/state-machine';
import { StateMachine, digestOfText, moveRecord } from '@raft-mesh/state-machine';
import { admitted, agent, commandOf, Driver, session } from './support/driver.ts';
import { diceApp } from './support/dice.ts';

const hashOf = (code: string) => digestOfText(code);
const restored = (machine: StateMachine) => StateMachine.restore(diceApp, [...machine.snapshot().parts()]);
const codeOf = (outcome: Outcome | null) => (outcome?.status === 'refused' ? outcome.refusal.code : outcome?.status);

/** Ada is in the mesh; `take` is a device that tries a code, under a secret and a session of its own. */
function setUp() {
  const driver = new Driver(new StateMachine(diceApp));
  admitted(driver, 'root', { accessRole: 'admin' });
  admitted(driver, 'ada', { permissions: ['documents.put'] });
  const offer = (code: string, lifetimeMs?: number) => driver.send('ada', 'members', 'offerMove', { codeHash: hashOf(code), ...(lifetimeMs === undefined ? {} : { lifetimeMs }) });
  const take = (code: string, device: string, id = 'ada') => driver.apply(moveRecord({ agent: agent(id), codeHash: hashOf(code), kind: 'browser', resumeSecretHash: `hash of ${device}`, session: session(`s-${device}`) })).outcome;
  const secretHash = () => driver.machine.member(agent('ada'))?.resumeSecretHash;
  return { driver, offer, take, secretHash };
}

test('the device that knows the code is the agent from then on, with its name and permissions; the one before has no session any more', () => {
  const { driver, offer, take, secretHash } = setUp();
  driver.send('ada', 'dice', 'keep', {});
  expect(codeOf(offer('the code'))).toBe('committed');
  expect(secretHash()).toBe('hash-ada');
  expect(take('the code', 'phone')).toMatchObject({ status: 'committed', answer: { agent: 'ada', name: 'ada' } });
  expect(driver.machine.member(agent('ada'))).toMatchObject({ name: 'ada', kind: 'browser', permissions: ['documents.put'], resumeSecretHash: 'hash of phone', status: 'alive' });
  expect(driver.machine.move(agent('ada')).last?.leftSecretHash).toBe('hash-ada');
  expect([driver.machine.session(agent('ada'), session('s-ada')), driver.machine.session(agent('ada'), session('s-phone'))?.nextSequence]).toEqual([null, 1]);
  // A manager that is cut off may still bring a command of the old device.
  expect(codeOf(driver.apply(commandOf('ada', 3, 'dice', 'keep', {})).outcome)).not.toBe('committed');
  expect(codeOf(driver.apply(commandOf('ada', 1, 'dice', 'keep', {}, { session: session('s-phone') })).outcome)).toBe('committed');
});

test('a code is good once: the same device again is the same move, any other is refused, whatever came between', () => {
  const { driver, offer, take, secretHash } = setUp();
  offer('the code');
  take('the code', 'phone');
  const before = driver.machine.appliedIndex;
  expect(codeOf(take('the code', 'thief'))).toBe('tokenSpent');
  expect(take('the code', 'phone')).toMatchObject({ status: 'committed', index: before + 2, answer: { agent: 'ada' } });
  // It went on to a tablet: the phone's code leads nowhere, for the phone neither.
  driver.apply(commandOf('ada', 1, 'members', 'offerMove', { codeHash: hashOf('second code') }, { session: session('s-phone') }));
  take('second code', 'tablet');
  expect([codeOf(take('the code', 'phone')), codeOf(take('the code', 'thief')), codeOf(take('second code', 'phone'))]).toEqual(['tokenInvalid', 'tokenInvalid', 'tokenSpent']);
  expect(secretHash()).toBe('hash of tablet');
});

test('the same move said again closes no session that its device has opened since', () => {
  const { driver, offer, take } = setUp();
  offer('the code');
  take('the code', 'phone');
  driver.apply({ kind: 'runtime', module: 'sessions', command: 'open', arguments: { agent: 'ada', session: 's-later' } });
  take('the code', 'phone');
  expect(driver.machine.session(agent('ada'), session('s-later'))).not.toBeNull();
});

test.each<[string, (set: ReturnType<typeof setUp>) => Outcome | null, string]>([
  ['another code', ({ offer, take }) => { offer('the code'); return take('a guess', 'thief'); }, 'tokenInvalid'],
  ['a code of somebody else', ({ offer, take }) => { offer('the code'); return take('the code', 'thief', 'root'); }, 'tokenInvalid'],
  ['a code for nobody', ({ offer, take }) => { offer('the code'); return take('the code', 'thief', 'nobody'); }, 'tokenInvalid'],
  ['no code at all', ({ take }) => take('the code', 'thief'), 'tokenInvalid'],
  ['a code whose time is over', ({ driver, offer, take }) => { offer('the code', 1_000); driver.advance(1_000); return take('the code', 'phone'); }, 'tokenExpired'],
  ['a code that no lifetime was said of, after ten minutes', ({ driver, offer, take }) => { offer('the code'); driver.advance(10 * 60_000); return take('the code', 'phone'); }, 'tokenExpired'],
  ['a code that was taken back', ({ driver, offer, take }) => { offer('the code'); driver.send('ada', 'members', 'withdrawMove', {}); return take('the code', 'phone'); }, 'tokenInvalid'],
  ['a code before the last one', ({ offer, take }) => { offer('the code'); offer('a newer code'); return take('the code', 'phone'); }, 'tokenInvalid'],
  ['a code of an agent that was shut out since', ({ driver, offer, take }) => { offer('the code'); driver.send('root', 'members', 'revoke', { agent: 'ada' }); return take('the code', 'phone'); }, 'revoked'],
  ['a code of an agent that was removed and came back', ({ driver, offer, take }) => { offer('the code'); driver.send('root', 'members', 'remove', { agent: 'ada' }); admitted(driver, 'ada', { tokenId: 'second' }); return take('the code', 'phone'); }, 'tokenInvalid'],
  ['a code of before the agent was let in anew', ({ driver, offer, take }) => { offer('the code'); admitted(driver, 'ada', { tokenId: 'second', hash: 'hash-ada' }); return take('the code', 'phone'); }, 'tokenInvalid'],
])('%s gives nothing', (_, attempt, code) => {
  const set = setUp();
  expect(codeOf(attempt(set))).toBe(code);
  expect(set.secretHash()).toBe('hash-ada');
});

test('a moment before its time is over a code is good', () => {
  const { driver, offer, take } = setUp();
  offer('the code', 1_000);
  driver.advance(999);
  expect(codeOf(take('the code', 'phone'))).toBe('committed');
});

test('nobody offers for another, no agent moves one, and what is no hash or lives too long is refused', () => {
  const { driver } = setUp();
  admitted(driver, 'eve');
  expect(codeOf(driver.send('eve', 'members', 'move', { agent: 'ada', codeHash: hashOf('x'), kind: 'cli', resumeSecretHash: 'mine', session: 's' }))).toBe('notAllowed');
  for (const args of [{ codeHash: 'x' }, { codeHash: hashOf('x'), lifetimeMs: 10 * 60_000 + 1 }, { codeHash: hashOf('x'), lifetimeMs: 0 }, { codeHash: hashOf('x'), lifetimeMs: 1.5 }]) expect(codeOf(driver.send('eve', 'members', 'offerMove', args))).toBe('invalidArguments');
  driver.send('eve', 'members', 'offerMove', { codeHash: hashOf('x'), agent: 'ada' });
  expect([driver.machine.move(agent('ada')).offer, driver.machine.move(agent('eve')).offer?.codeHash]).toEqual([null, hashOf('x')]);
});

test('no view shows a hash, and a replica that was restored from a snapshot knows codes and moves as the others do', () => {
  const { driver, offer, take } = setUp();
  offer('the code');
  const copy = new Driver(restored(driver.machine));
  copy.logTimeMs = driver.logTimeMs;
  expect(JSON.stringify(driver.machine.view('members', { agent: agent('ada'), accessRole: 'worker' }, null))).not.toContain(hashOf('the code'));
  const record = moveRecord({ agent: agent('ada'), codeHash: hashOf('the code'), kind: 'browser', resumeSecretHash: 'hash of phone', session: session('s-phone') });
  expect(copy.apply(record)).toMatchObject({ outcome: { status: 'committed' } });
  take('the code', 'phone');
  expect(copy.machine.runningDigest).toBe(driver.machine.runningDigest);
  expect(restored(copy.machine).move(agent('ada'))).toEqual(driver.machine.move(agent('ada')));
});
