import { expect, test } from '@jest/globals';
import type { NodeId } from '@raft-mesh/raft';
import { defineModule, StateMachine } from '@raft-mesh/state-machine';
import type { App } from '@raft-mesh/state-machine';
import { judgeStates } from '../../src/run/judge-states.ts';

function appThatBeginsWith(kept: number): App {
  const module = defineModule({ name: 'kept', version: 1, initial: () => ({ kept }), commands: {}, view: (state) => state });
  return { name: 'kept', version: 1, modules: [module] };
}
const app = appThatBeginsWith(1);

/** A replica that has applied `entries` empty entries. */
function replica(node: string, of: App, entries: number) {
  const machine = new StateMachine(of);
  for (let index = 1; index <= entries; index += 1) machine.apply({ index, term: 1, logTimeMs: index, record: null });
  return { node: node as NodeId, manager: { snapshot: () => ({ snapshot: machine.snapshot(), term: 1 }) } };
}

test('accepts replicas that are the same, that stand elsewhere, or that do not run', () => {
  expect(() => { judgeStates(app, [replica('m1:1', app, 3), replica('m2:1', app, 3), replica('m3:1', app, 2), { node: 'm4:1' as NodeId, manager: null }]); }).not.toThrow();
});

test('catches a replica whose state differs although it has applied the same entries', () => {
  expect(() => { judgeStates(app, [replica('m1:1', app, 3), replica('m2:1', appThatBeginsWith(2), 3)]); })
    .toThrow(expect.objectContaining({ promise: 'stateEquality', message: expect.stringContaining('m2:1') }));
});
