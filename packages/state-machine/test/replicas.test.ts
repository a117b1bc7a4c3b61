import { expect, test } from '@jest/globals';
import type { AccessRole, JsonValue, LogRecord } from '@raft-mesh/state-machine';
import { digestOfText, moveRecord, openSessionRecord, setStatusRecord, StateMachine } from '@raft-mesh/state-machine';
import * as fc from 'fast-check';
import { deepFreeze } from './support/deep-freeze.ts';
import { diceApp } from './support/dice.ts';
import { admission, agent, commandOf, Driver, randomBytes, session } from './support/driver.ts';

interface Step { readonly record: LogRecord | null; readonly passesMs: number }

const agents = ['ada', 'bob', 'eve', 'root'] as const;
const agentName = fc.constantFrom(...agents);
const value = fc.jsonValue({ maxDepth: 3 }).map((json) => json as JsonValue);
const key = fc.constantFrom('a', 'b/c', 'agents/ada/x', 'agents/bob/private/y', 'agents/eve/z');
const call: fc.Arbitrary<readonly [string, string, JsonValue]> = fc.oneof(
  fc.tuple(fc.constant('dice'), fc.constantFrom('roll', 'rollAndRefuse', 'crash', 'answerBadly', 'keep', 'nothing'), fc.constant({ sides: 6 })),
  fc.tuple(fc.constant('dice'), fc.constant('wakeAfter'), fc.record({ ms: fc.integer({ min: -10, max: 5000 }) })),
  fc.tuple(fc.constant('documents'), fc.constantFrom('put', 'compareAndSet', 'mergePatch', 'delete'), fc.record({ key, value, patch: value, expectedVersion: fc.nat({ max: 20 }) }, { requiredKeys: ['key'] })),
  fc.tuple(fc.constant('members'), fc.constantFrom('offerMove', 'withdrawMove'), fc.record({ codeHash: fc.constantFrom('1', '2').map(digestOfText), lifetimeMs: fc.constantFrom(1000, 600_000) })),
  fc.tuple(fc.constant('members'), fc.constantFrom('revoke', 'remove', 'setPermissions'), fc.record({ agent: agentName, permissions: fc.constantFrom(['*'], [], ['documents.put']) })),
);
const record: fc.Arbitrary<LogRecord | null> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(agentName, fc.integer({ min: 1, max: 12 }), fc.nat({ max: 6 }), call, fc.option(fc.nat())).map(([id, sequence, acknowledgedThrough, [module, command, args], seed]) =>
    commandOf(id, sequence, module, command, args, { acknowledgedThrough, random: seed === null ? null : randomBytes(seed) })) },
  { weight: 2, arbitrary: fc.tuple(agentName, fc.constantFrom<AccessRole>('admin', 'worker', 'spectator'), fc.constantFrom('1', '2')).map(([id, accessRole, token]) =>
    admission(id, { accessRole, tokenId: `${id}-${token}`, name: 'Same', tokenLifetimeMs: 1000 })) },
  { weight: 1, arbitrary: fc.tuple(agentName, fc.constantFrom('1', '2')).map(([id, code]) => moveRecord({ agent: agent(id), codeHash: digestOfText(code), kind: 'browser', resumeSecretHash: `moved by ${code}`, session: session(`s-${id}`) })) },
  { weight: 1, arbitrary: agentName.map((id) => openSessionRecord({ agent: agent(id), session: session(`s-${id}`) })) },
  { weight: 1, arbitrary: fc.tuple(agentName, fc.constantFrom('alive' as const, 'suspect' as const, 'dead' as const)).map(([id, status]) => setStatusRecord([{ agent: agent(id), status }])) },
  { weight: 1, arbitrary: fc.nat().map((seed): LogRecord => ({ kind: 'time', random: randomBytes(seed) })) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ record, passesMs: fc.oneof(fc.constant(0), fc.nat({ max: 3000 }), fc.constant(90_000_000)) }), { maxLength: 40 });
// Everyone is a member at first, so that most commands get past the door.
const beginning: readonly Step[] = agents.map((id) => ({ record: admission(id, { accessRole: id === 'root' ? 'admin' : 'worker' }), passesMs: 0 }));

const throughText = (parts: Iterable<JsonValue>): JsonValue[] => [...parts].map((part) => JSON.parse(JSON.stringify(part)) as JsonValue);
const restoredFrom = (machine: StateMachine) => StateMachine.restore(diceApp, throughText(machine.snapshot().parts()));
const comparable = ({ outcome, touchedModules, events, failures }: Driver['results'][number]) => ({ outcome, touchedModules: [...touchedModules], events, failed: failures.map(({ module, step }) => [module, step]) });

function feed(driver: Driver, { record, passesMs }: Step) {
  driver.logTimeMs += passesMs;
  return comparable(driver.apply(record));
}

test('a machine encoded and decoded after every entry equals one that never stopped', () => {
  fc.assert(fc.property(steps, (more) => {
    const steady = new Driver(new StateMachine(diceApp));
    const restarted = new Driver(new StateMachine(diceApp));
    for (const step of [...beginning, ...more]) {
      expect(feed(restarted, step)).toEqual(feed(steady, step));
      restarted.machine = restoredFrom(restarted.machine);
      expect(restarted.machine.runningDigest).toBe(steady.machine.runningDigest);
      expect(restarted.machine.stateDigest()).toBe(steady.machine.stateDigest());
      expect(restarted.machine.nextDeadlineMs).toBe(steady.machine.nextDeadlineMs);
    }
  }), { seed: 20_240_611, numRuns: 60 });
});

test('the same entries give the same digests, and no state, once seen, changes', () => {
  fc.assert(fc.property(steps, (more) => {
    const first = new Driver(new StateMachine(diceApp));
    const second = new Driver(new StateMachine(diceApp));
    const held: { readonly parts: () => Iterable<JsonValue>; readonly text: string }[] = [];
    for (const step of [...beginning, ...more]) {
      feed(first, step);
      if (step.record?.kind === 'command') deepFreeze(step.record.arguments);
      feed(second, step);
      deepFreeze(second.machine.stateOf('dice'));
      const snapshot = first.machine.snapshot();
      held.push({ parts: () => snapshot.parts(), text: JSON.stringify([...snapshot.parts()]) });
    }
    expect(second.machine.runningDigest).toBe(first.machine.runningDigest);
    expect(second.machine.stateDigest()).toBe(first.machine.stateDigest());
    for (const { parts, text } of held) expect(JSON.stringify([...parts()])).toBe(text);
  }), { seed: 7, numRuns: 60 });
});

test('digests tell one different command, and one different random byte', () => {
  const digestsOf = (roll: LogRecord) => {
    const driver = new Driver(new StateMachine(diceApp));
    driver.apply(admission('ada'));
    driver.apply(roll);
    return [driver.machine.runningDigest, driver.machine.stateDigest()];
  };
  const rolls = [6, 7].flatMap((sides) => [1, 2].map((seed) => digestsOf(commandOf('ada', 1, 'dice', 'roll', { sides }, { random: randomBytes(seed) }))));
  expect(new Set(rolls.map(([, state]) => state)).size).toBe(4);
  expect(digestsOf(commandOf('ada', 1, 'dice', 'keep', {}))[0]).not.toBe(digestsOf(commandOf('ada', 1, 'dice', 'crash', {}))[0]);
  expect(rolls[0]?.[0]).toMatch(/^[0-9a-f]{64}$/);
});

test('a snapshot is made of small parts, and holds while commands go on', () => {
  const driver = new Driver(new StateMachine(diceApp));
  driver.apply(admission('root', { accessRole: 'admin' }));
  for (let at = 0; at < 600; at += 1) driver.send('root', 'documents', 'put', { key: `k${at}`, value: 'x'.repeat(400) }, { acknowledgedThrough: at });
  const digest = driver.machine.stateDigest();
  const snapshot = driver.machine.snapshot();
  const parts: JsonValue[] = [];
  for (const part of snapshot.parts()) {
    parts.push(part);
    driver.send('root', 'documents', 'put', { key: `k${parts.length}`, value: 'changed' });
  }
  expect(parts.length).toBeGreaterThan(6);
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(100_000);
  expect(StateMachine.restore(diceApp, parts).stateDigest()).toBe(digest);
});

test('a snapshot of another app, another version, or cut short is refused by name', () => {
  const parts = [...new StateMachine(diceApp).snapshot().parts()];
  const [dice] = diceApp.modules;
  if (dice === undefined) throw new Error('the app has one module');
  expect(() => StateMachine.restore({ ...diceApp, name: 'other' }, parts)).toThrow('of the app dice');
  expect(() => StateMachine.restore({ ...diceApp, modules: [{ ...dice, version: 2 }] }, parts)).toThrow('dice 2');
  expect(() => StateMachine.restore(diceApp, parts.slice(0, -1))).toThrow('cut short');
  expect(() => StateMachine.restore(diceApp, [...parts.slice(0, 2), ...parts.slice(3)])).toThrow();
  expect(() => StateMachine.restore(diceApp, [])).toThrow('no snapshot');
});
