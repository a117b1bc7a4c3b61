import { expect, test } from '@jest/globals';
import { drawScenario, readScenario, writeScenario } from '@raft-mesh/simulator';
import { busyScenario, everyFault } from '../support/scenario.ts';

test.each([
  ['every kind of fault', busyScenario(everyFault)],
  ['no faults', busyScenario([])],
  ...[1, 2, 3, 4, 5].map((seed) => [`what seed ${seed} draws`, drawScenario(seed)] as const),
])('%s: what is written is read again, the same', (_, scenario) => {
  expect(readScenario(writeScenario(scenario))).toEqual({ ok: true, scenario });
});

test.each([
  ['no JSON', '{', 'JSON'],
  ['nothing of a scenario', '{}', 'seed'],
  ['a fault of an unknown kind', JSON.stringify({ ...busyScenario([]), faults: [{ kind: 'meteor', atMs: 5 }] }), 'faults.0'],
  ['a fault without its target', JSON.stringify({ ...busyScenario([]), faults: [{ kind: 'wipe', atMs: 5, downMs: 5 }] }), 'faults.0.target'],
  ['a misspelt field', JSON.stringify({ ...busyScenario([]), manager: 3 }), 'mean nothing: manager'],
  ['too many managers', JSON.stringify({ ...busyScenario([]), managers: 8 }), 'managers'],
])('%s is refused, and the problem says where', (_, text, problem) => {
  expect(readScenario(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});
