import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { forgetInvitationCode, redeemInvitation, takeInvitationCode } from '../src/page/client/invitation.ts';
import { heirOf } from '../src/page/client/presence.ts';
import type { Absences } from '../src/page/client/presence.ts';
import { forgetSeatNote, readSeatNote, writeSeatNote } from '../src/page/client/seat-note.ts';
import type { SeatNote } from '../src/page/client/seat-note.ts';
import { phaseAnnouncement, phaseTitle, promptFor, refusalText } from '../src/page/client/words.ts';
import { agent, spectator, Table } from './table.ts';

function storage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() { return items.size; }, clear: () => items.clear(), key: () => null,
    getItem: (key) => items.get(key) ?? null, setItem: (key, value) => { items.set(key, value); }, removeItem: (key) => { items.delete(key); },
  };
}

const replaced: string[] = [];
const stubs: Record<string, unknown> = {};
function stub(name: string, value: unknown): void {
  stubs[name] = Reflect.get(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

beforeEach(() => {
  replaced.length = 0;
  stub('localStorage', storage());
  stub('sessionStorage', storage());
  stub('history', { replaceState: (_state: unknown, _title: string, address: string) => { replaced.push(address); } });
});
afterEach(() => { for (const [name, value] of Object.entries(stubs)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true }); });

const mesh = { mesh: 'm', incarnation: 1, app: 'mafia', publicKey: 'key', createdAt: 'today', managers: [{ id: 'm1', managerIncarnation: 1, url: 'http://127.0.0.1:1', publicKey: null }] } as unknown as SeatNote['mesh'];

describe('the invitation', () => {
  test('leaves the address at once, and outlives a refresh until it is spent', () => {
    stub('location', { hash: '#invitation=secret-code', pathname: '/', search: '' });
    expect(takeInvitationCode()).toBe('secret-code');
    expect(replaced).toEqual(['/']);
    stub('location', { hash: '', pathname: '/', search: '' });
    expect(takeInvitationCode()).toBe('secret-code');
    forgetInvitationCode();
    expect(takeInvitationCode()).toBeNull();
  });

  test.each([
    ['a token', 200, { token: 't', agent: 'a', mesh }, { ok: true, token: 't' }],
    ['a spent code', 404, {}, { ok: false, spent: true }],
    ['a host in trouble', 503, {}, { ok: false, spent: false }],
    ['an answer that is none', 200, { token: 7 }, { ok: false, spent: false }],
  ])('is redeemed: %s', async (_name, status, body, expected) => {
    let asked: { readonly address: string; readonly body: unknown } | null = null;
    stub('fetch', (address: string, init: { readonly body: string }) => { asked = { address, body: JSON.parse(init.body) }; return Promise.resolve(Response.json(body, { status })); });
    expect(await redeemInvitation('a/b', 'Ada')).toMatchObject(expected);
    expect(asked).toEqual({ address: 'api/v1/invitations/redeem', body: { code: 'a/b', name: 'Ada' } });
  });

  test('says so when the host does not answer', async () => {
    stub('fetch', () => Promise.reject(new TypeError('no route')));
    expect(await redeemInvitation('code', 'Ada')).toMatchObject({ ok: false, spent: false });
  });
});

describe('the note of one\'s seat', () => {
  test('comes back as it was kept', () => {
    expect(readSeatNote()).toBeNull();
    const note = { name: 'Ada', mesh: { mesh: mesh.mesh, incarnation: 1, managers: [{ id: mesh.managers[0]!.id, url: 'http://127.0.0.1:1' }] }, invitation: 'code', agent: 'ada', identity: null, player: { uid: 'u', hasAccount: true } };
    writeSeatNote({ ...note, mesh });
    expect(readSeatNote()).toEqual(note);
    // Of a page that noted less.
    localStorage.setItem('raft-mesh/mafia/seat', JSON.stringify({ name: 'Ada', mesh }));
    expect(readSeatNote()).toEqual({ ...note, invitation: null, agent: null, player: null });
    forgetSeatNote();
    expect(readSeatNote()).toBeNull();
  });

  test.each(['{', '7', '{"name":"Ada"}', '{"name":"Ada","mesh":{"mesh":"../etc"}}'])('is no seat when it is %s', (text) => {
    localStorage.setItem('raft-mesh/mafia/seat', text);
    expect(readSeatNote()).toBeNull();
  });
});

describe('what the page says', () => {
  test('fits the phase, the character and what was chosen', () => {
    const table = Table.of(['mafia', 'doctor', 'detective', 'villager', 'villager', 'villager', 'villager']);
    expect(promptFor(table.viewOf(table.the('doctor')))).toMatchObject({ title: 'Whom will you protect?', urgent: true });
    expect(promptFor(table.viewOf(table.those('villager')[0] ?? agent('')))).toMatchObject({ urgent: false });
    const target = table.those('villager')[0] ?? agent('');
    table.must(table.the('mafia'), 'kill', { target });
    expect(promptFor(table.viewOf(table.the('mafia'))).title).toBe(`You want to kill ${target}`);
    table.endPhase();
    expect(phaseTitle(table.view(spectator))).toBe('Day 1');
    expect(promptFor(table.viewOf(target)).title).toBe('You are dead');
    expect(promptFor(table.view(spectator)).title).toBe('You are watching');
    expect(phaseAnnouncement(table.view(spectator))).toBe(`Day 1 breaks. ${target} was found dead: villager. You are watching.`);
  });

  test('is a sentence for every refusal', () => {
    expect(refusalText('wrongPhase', 'x')).toBe('Too late: that phase is over.');
    expect(refusalText('somethingNew', 'it is so')).toBe('It is so.');
  });
});

describe('a host who is away', () => {
  const seat = (id: string, bot: string | null = null) => ({ id: agent(id), name: id, bot, alive: true, character: null, side: null, died: null, will: null, missedDays: 0, isAway: false });
  const players = [seat('ada'), seat('bot', 'talker'), seat('ben'), seat('cy')];
  const table = { phase: 'lobby', host: agent('ada'), players } as const;
  const dead = 'dead' as const;
  test.each<readonly [string, Parameters<typeof heirOf>[0], Absences, string | null]>([
    ['for good: the next person', table, new Map([['ada', dead]]), 'ben'],
    ['with the next person: the one after', table, new Map([['ada', dead], ['ben', 'suspect' as const]]), 'cy'],
    ['with every person: a bot', table, new Map([['ada', dead], ['ben', dead], ['cy', dead]]), 'bot'],
    ['with everyone: nobody', table, new Map(players.map(({ id }) => [id, dead])), null],
    ['for a moment: nobody', table, new Map([['ada', 'suspect' as const]]), null],
    ['after the end: the next person', { ...table, phase: 'ended' }, new Map([['ada', dead]]), 'ben'],
    ['in the game, where there is nothing to do: nobody', { ...table, phase: 'day' }, new Map([['ada', dead]]), null],
    ['not at all: nobody', table, new Map([['ben', dead]]), null],
  ])('%s takes over', (_when, view, absences, heir) => { expect(heirOf(view, absences)).toBe(heir); });
});
