import { describe, expect, test } from '@jest/globals';
import { moveTokenOf, readMoveToken } from '@raft-mesh/protocol';
import { digestOfText } from '@raft-mesh/state-machine';
import { drawnCode, readSeatLink, seatLink } from '../src/page/client/seat-link.ts';
import type { SeatMesh } from '../src/page/client/seat-note.ts';
import { agent } from './table.ts';

const mesh = { mesh: 'm', incarnation: 2, managers: [{ id: 'm1', url: 'http://192.168.0.7:7071' }, { id: 'm2', url: 'http://192.168.0.7:7072' }] } as unknown as SeatMesh;
const { code, codeHash } = drawnCode();
const link = seatLink({ mesh, agent: agent('ada-1'), name: 'Ädä 🎭', invitation: 'code', code }, 'https://mafia.example/');
const fragmentOf = (text: string): string => text.slice(text.indexOf('#') + 1);

describe('a private link', () => {
  test('carries all that the other device needs, in the fragment alone', () => {
    expect(link.startsWith('https://mafia.example/#seat=')).toBe(true);
    expect(readSeatLink(fragmentOf(link))).toEqual({ mesh, token: moveTokenOf({ agent: agent('ada-1'), code }), agent: 'ada-1', name: 'Ädä 🎭', invitation: 'code' });
  });

  test('has a code of 32 bytes, of which the mesh is told the hash that its managers find', () => {
    expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/u);
    expect(codeHash).toBe(digestOfText(code));
    expect(drawnCode().code).not.toBe(code);
    expect(readMoveToken(moveTokenOf({ agent: agent('ada-1'), code }))).toEqual({ agent: 'ada-1', code });
  });

  const packed = (value: unknown): string => `seat=${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
  test.each([
    ['an invitation', 'AbC123'], ['cut off', fragmentOf(link).slice(0, -9)], ['nothing', 'seat='], ['no base64', 'seat=%%%'], ['another shape', packed({ mesh })], ['a token of the control plane', packed({ mesh, token: 'eyJh.b.c', name: 'Ada', invitation: null })],
    ['a name too long', packed({ mesh, token: moveTokenOf({ agent: agent('a'), code }), name: 'x'.repeat(25), invitation: null })], ['too long', packed({ mesh, token: moveTokenOf({ agent: agent('a'), code }), name: 'Ada', invitation: 'x'.repeat(4_000) })], ['without a name', packed({ mesh, token: moveTokenOf({ agent: agent('a'), code }), name: '', invitation: null })],
  ])('that is %s is none', (_, text) => { expect(readSeatLink(text)).toBeNull(); });
});
