import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '@raft-mesh/state-machine';
import { CommandMark } from '../src/modules/sessions/command-mark.ts';

const mark = (args: JsonValue, command = 'put'): CommandMark => CommandMark.of({ module: 'documents', command, arguments: args });

describe('the mark of a command', () => {
  test.each([['short', 'x'], ['hashed', 'x'.repeat(400)], ['too large to be held on to', 'x'.repeat(5000)]])('%s: the same for the same command, another for another one', (_, value) => {
    expect(mark({ key: 'a', value }).text).toBe(mark({ value, key: 'a' }).text);
    for (const other of [mark({ key: 'a', value: `${value}y` }), mark({ key: 'b', value }), mark({ key: 'a', value }, 'delete')]) expect(other.text).not.toBe(mark({ key: 'a', value }).text);
  });

  test('a short command is its own text, a longer one 32 digits, and asking twice gives the same', () => {
    expect(mark({ key: 'a' }).text).toBe('["documents","put",[{"key":"a"}]]');
    const long = mark('x'.repeat(400));
    const first = long.text;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(long.text).toBe(first);
  });

  test('comes back from a snapshot as it was', () => {
    const { text } = mark('x'.repeat(400));
    expect(CommandMark.from(text).text).toBe(text);
  });

  test('what is no JSON has one too', () => {
    expect(mark(Number.NaN).text).toBe('["documents","put","numbers must be finite"]');
  });
});
