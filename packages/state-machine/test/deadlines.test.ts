import { expect, test } from '@jest/globals';
import type { Module } from '@raft-mesh/state-machine';
import { applied, defineModule, StateMachine } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { admitted, Driver } from './support/driver.ts';

interface TimerState { readonly dueAtMs: number | null; readonly fired: number; readonly seenAtMs: number | null }

/** Fires at `dueAtMs`; says so by an event. `after` decides what expiring leaves. */
function timer(name: string, after: (state: TimerState, logTimeMs: number) => TimerState, firstAtMs: number | null = null): Module {
  return defineModule({
    name,
    version: 1,
    initial: (): TimerState => ({ dueAtMs: firstAtMs, fired: 0, seenAtMs: null }),
    commands: { set: { schema: z.object({ atMs: z.number() }), apply: (state, { atMs }, ctx) => { ctx.emit('set', 'everyone'); return applied({ ...state, dueAtMs: atMs }); } } },
    deadlineMs: (state) => state.dueAtMs,
    expire: (state, ctx) => { ctx.emit(state.dueAtMs, 'everyone'); return after(state, ctx.logTimeMs); },
  });
}
const once = (state: TimerState, logTimeMs: number): TimerState => ({ dueAtMs: null, fired: state.fired + 1, seenAtMs: logTimeMs });
const driverOf = (...modules: Module[]) => {
  const driver = new Driver(new StateMachine({ name: 'timers', version: 1, modules }));
  admitted(driver, 'ada');
  return driver;
};
const eventsOf = (driver: Driver) => driver.results.at(-1)?.events.map(({ module, event }) => [module, event]);

test('deadlines fire in the order of deadline, then module name, before the command', () => {
  const driver = driverOf(timer('zebra', once, 5), timer('beta', once, 10), timer('alpha', once, 10), timer('later', once, 11));
  driver.logTimeMs = 10;
  driver.send('ada', 'alpha', 'set', { atMs: 100 });
  expect(eventsOf(driver)).toEqual([['zebra', 5], ['alpha', 10], ['beta', 10], ['alpha', 'set']]);
  expect(driver.machine.nextDeadlineMs).toBe(11);
  expect(driver.machine.stateOf('alpha')).toEqual({ dueAtMs: 100, fired: 1, seenAtMs: 10 });
});

test('an entry without a record brings the time too', () => {
  const driver = driverOf(timer('bell', once, 7));
  driver.logTimeMs = 6;
  expect(driver.apply(null)).toMatchObject({ outcome: null, events: [] });
  driver.logTimeMs = 7;
  expect(driver.apply(null).touchedModules).toEqual(new Set(['bell']));
});

test('a second entry of the same time fires nothing twice', () => {
  const driver = driverOf(timer('bell', once, 7));
  driver.advance(7);
  driver.advance(0);
  expect(driver.machine.stateOf('bell')).toMatchObject({ fired: 1 });
});

test('a command that moves a deadline into the past lets it fire before the next entry', () => {
  const driver = driverOf(timer('bell', once));
  driver.logTimeMs = 50;
  driver.send('ada', 'bell', 'set', { atMs: 20 });
  expect(driver.machine.stateOf('bell')).toMatchObject({ fired: 0 });
  driver.apply(null);
  expect(driver.machine.stateOf('bell')).toMatchObject({ fired: 1, seenAtMs: 50 });
});

test('a chain of deadlines fires as far as the time has come', () => {
  const driver = driverOf(timer('beat', (state) => ({ ...state, dueAtMs: (state.dueAtMs ?? 0) + 10, fired: state.fired + 1 }), 10));
  driver.advance(35);
  expect(driver.machine.stateOf('beat')).toMatchObject({ fired: 3, dueAtMs: 40 });
});

test('an expire that throws is recorded, changes nothing, and fires no more until the state changes', () => {
  const driver = driverOf(timer('bomb', () => { throw new Error('a bug'); }, 5), timer('sound', once, 5));
  const before = driver.machine.stateOf('bomb');
  const result = driver.advance(5);
  expect(result.failures).toMatchObject([{ module: 'bomb', step: 'expire' }]);
  expect(eventsOf(driver)).toEqual([['sound', 5]]);
  expect(driver.machine.stateOf('bomb')).toBe(before);
  expect(driver.advance(5).failures).toEqual([]);
  expect(driver.machine.nextDeadlineMs).toBeGreaterThan(10);
  driver.send('ada', 'bomb', 'set', { atMs: 12 });
  expect(driver.advance(5).failures).toHaveLength(1);
});

test('a dropped deadline stays dropped in a machine restored from a snapshot', () => {
  const app = { name: 'timers', version: 1, modules: [timer('bomb', () => { throw new Error('a bug'); }, 5)] };
  const driver = new Driver(new StateMachine(app));
  driver.advance(5);
  const restored = StateMachine.restore(app, driver.machine.snapshot().parts());
  expect(restored.nextDeadlineMs).toBeNull();
  const entry = { index: 2, term: 1, logTimeMs: 9, record: null };
  expect(restored.apply(entry).failures).toEqual([]);
  driver.machine.apply(entry);
  expect(restored.runningDigest).toBe(driver.machine.runningDigest);
});

test.each([
  ['gives the same state', (state: TimerState) => state, 1],
  ['never moves its deadline on', (state: TimerState) => ({ ...state, fired: state.fired + 1 }), 1001],
])('an expire that %s is dropped after a bounded count', (_what, after, firings) => {
  const driver = driverOf(timer('stuck', after, 5));
  driver.advance(5);
  expect(driver.machine.stateOf('stuck')).toMatchObject({ fired: firings - 1 });
  expect(driver.advance(5).touchedModules.size).toBe(0);
});

test('log time never falls, and no index is left out', () => {
  const machine = new StateMachine({ name: 'timers', version: 1, modules: [] });
  machine.apply({ index: 1, term: 1, logTimeMs: 10, record: null });
  expect(() => machine.apply({ index: 2, term: 1, logTimeMs: 9, record: null })).toThrow('log time');
  expect(() => machine.apply({ index: 3, term: 1, logTimeMs: 10, record: null })).toThrow('cannot be applied after 1');
  expect(machine.apply({ index: 2, term: 2, logTimeMs: 10, record: null }).outcome).toBeNull();
});
