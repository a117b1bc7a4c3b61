import { expect, test } from '@jest/globals';
import { applied, defineModule, refused, StateMachine } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { admitted, commandOf, Driver } from './support/driver.ts';

const counter = defineModule({
  name: 'counter',
  version: 1,
  initial: () => ({ value: 0 }),
  commands: {
    add: {
      schema: z.object({ by: z.number() }),
      apply: (state, { by }, ctx) => (by < 0 ? refused('negative', `${ctx.caller?.name ?? ''} may only add`) : applied({ value: state.value + by }, state.value + by)),
    },
    reset: { schema: z.object({ to: z.optional(z.string()) }), accessRoles: ['admin'], apply: (_state, { to }) => applied({ value: Number(to ?? '0') }) },
  },
  queries: { isAtLeast: { schema: z.object({ value: z.number() }), answer: (state, { value }) => ({ found: true, value: state.value >= value }) } },
  view: (state) => state,
});

test('a module of a few lines counts', () => {
  const driver = new Driver(new StateMachine({ name: 'count', version: 1, modules: [counter] }));
  admitted(driver, 'ada');
  expect(driver.send('ada', 'counter', 'add', { by: 2 })).toMatchObject({ status: 'committed', answer: 2 });
  expect(driver.send('ada', 'counter', 'add', { by: 3 })).toMatchObject({ status: 'committed', answer: 5 });
  expect(driver.send('ada', 'counter', 'add', { by: -3 })).toMatchObject({ status: 'refused', refusal: { code: 'negative', message: 'ada may only add' } });
  expect(driver.send('ada', 'counter', 'add', { by: 'many' })).toMatchObject({ status: 'refused', refusal: { code: 'invalidArguments' } });
  expect(driver.send('ada', 'counter', 'reset', {})).toMatchObject({ status: 'refused', refusal: { code: 'notAllowed' } });
  expect(driver.machine.view('counter', { agent: null, accessRole: 'spectator' }, null)).toEqual({ found: true, value: { value: 5 } });
  expect(driver.machine.query('counter', 'isAtLeast', { value: 5 }, { agent: null, accessRole: 'spectator' })).toEqual({ found: true, value: true });
  expect(driver.machine.query('counter', 'isAtLeast', { value: 'x' }, { agent: null, accessRole: 'spectator' })).toMatchObject({ found: false, refusal: { code: 'invalidArguments' } });
  expect(driver.apply(commandOf('ada', 99, 'counter', 'add', { by: 1 })).outcome).toMatchObject({ refusal: { code: 'sequenceGap' } });
});
