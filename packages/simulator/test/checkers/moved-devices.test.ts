import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AgentId, CommandRecord, LogRecord, Outcome, SessionId } from '@raft-mesh/state-machine';
import { MovedDevices } from '../../src/checkers/moved-devices.ts';
import { a, b, command, Script } from './script.ts';

let script: Script;
beforeEach(() => { script = new Script(new MovedDevices()); });

const committed = (index: number): Outcome => ({ status: 'committed', index, answer: {} });
const refused = (index: number, code: string): Outcome => ({ status: 'refused', index, refusal: { code, message: '' } });
const sent = (session: string, sequence: number): CommandRecord => ({ kind: 'command', agent: 'agent' as AgentId, session: session as SessionId, sequence, acknowledgedThrough: 0, module: 'documents', command: 'put', arguments: {}, random: null });
const runtime = (module: string, what: string, session: string, more: Readonly<Record<string, string>> = {}): LogRecord => ({ kind: 'runtime', module, command: what, arguments: { agent: 'agent', session, ...more } });
const applies = (index: number, record: LogRecord, outcome: Outcome = committed(index), node = a): void => {
  script.apply(node, command(index, 1), { record, result: { outcome, touchedModules: new Set(), events: [], failures: [] } });
};

describe('leftDevicesCommandNothing', () => {
  function moved(): void {
    applies(1, runtime('members', 'admit', 'first'));
    applies(2, runtime('sessions', 'open', 'second'));
    applies(3, sent('first', 1));
    applies(4, runtime('members', 'move', 'third', { codeHash: 'code' }));
  }

  test('accepts what ran before the move, wherever it is applied, what the new device does, and what is refused as if nobody had asked', () => {
    moved();
    applies(3, sent('first', 1), committed(3), b);
    applies(5, sent('third', 1));
    applies(6, sent('first', 2), refused(6, 'sessionExpired'));
    applies(7, runtime('sessions', 'open', 'fourth'));
    applies(8, sent('fourth', 1));
  });

  test('catches a command of any session of the device that was left, be it that its refusal alone was recorded', () => {
    moved();
    expect(() => applies(5, sent('first', 2))).toThrow(/sequence 2 of session first of agent takes effect at 5, after the move to another device at 4/);
    expect(() => applies(6, sent('second', 1), refused(6, 'notFound'))).toThrow(/session second/);
  });

  test('closes nothing by a move that is refused, or said again', () => {
    moved();
    applies(5, runtime('sessions', 'open', 'fourth'));
    applies(6, runtime('members', 'move', 'third', { codeHash: 'code' }));
    applies(7, runtime('members', 'move', 'fifth', { codeHash: 'another' }), refused(7, 'tokenInvalid'));
    applies(8, sent('fourth', 1));
    applies(9, runtime('members', 'move', 'sixth', { codeHash: 'another' }));
    expect(() => applies(10, sent('fourth', 2))).toThrow(/after the move to another device at 9/);
  });
});
