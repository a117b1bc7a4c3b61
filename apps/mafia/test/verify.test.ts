import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { replayRecord, verifyRecord } from '@raft-mesh/mafia';
import type { Character, GameRecord, KeptHead, LynchVote, MafiaState, NightChoice, RecordEntry } from '@raft-mesh/mafia';
import { digestOfText } from '@raft-mesh/state-machine';
import type { AgentId } from '@raft-mesh/state-machine';
import { packedReplayIn } from '../src/page/client/replay-fragment.ts';
import { replayLink, unpackedReplay } from '../src/page/client/replay-link.ts';
import { chainedAnew, numberOf, others, playRecorded, recordAt, withEntry } from './recorded-game.ts';
import { agent, Table } from './table.ts';

type Entry<Kind extends RecordEntry['kind']> = RecordEntry & { readonly kind: Kind };

// A game of nine with contributions, in which a night kills and a vote condemns.
const honest = playRecorded(9, 9);
const { record, heads } = honest;
const last = record.entries.length;
const night = numberOf(record, 'night', (entry) => entry.choices.length > 1 && entry.night.killed.length > 0);
const ballot = numberOf(record, 'ballot', (entry) => entry.votes.length > 2);
const other = (id: AgentId | null): AgentId => others(record, id)[0] ?? agent('p1');

const swapped = <Item>(items: readonly Item[], from: number): Item[] => items.map((item, place) => items[place === from ? from + 1 : place === from + 1 ? from : place] ?? item);
const without = (number: number): GameRecord => ({ ...record, entries: record.entries.filter((entry) => entry.number !== number) });

describe('an honest record', () => {
  test('is verified, with every head, with some, with none, and with heads of which nobody knows where they belong', () => {
    const good = { verified: true, game: 1, entries: last, winner: (honest.table.state as Extract<MafiaState, { phase: 'ended' }>).winner };
    expect(verifyRecord(record, heads)).toMatchObject({ ...good, headsFound: heads.length });
    expect(verifyRecord(record, heads.slice(3, 4))).toMatchObject({ ...good, headsFound: 1 });
    expect(verifyRecord(record)).toMatchObject({ ...good, headsFound: 0, head: heads.at(-1)?.head });
    expect(verifyRecord(record, heads.map(({ head }) => ({ entries: null, head })))).toMatchObject({ ...good, headsFound: heads.length });
  });

  test('of a game that was stopped is verified too', () => {
    const table = Table.playing(6);
    table.endPhase();
    table.must(agent('p1'), 'stop');
    expect(verifyRecord(recordAt(table))).toMatchObject({ verified: true, winner: 'nobody', contributors: [], entries: 4 });
  });

  test('says who was left out', () => {
    for (let seed = 1; seed < 30; seed += 1) {
      const played = playRecorded(seed, 6);
      const result = verifyRecord(played.record, played.heads);
      if (result.verified && result.leftOut.length > 0) { expect(result.leftOut).toContain('p4'); return; }
    }
    throw new Error('p4 never committed');
  });
});

const forgeries: readonly (readonly [what: string, forged: GameRecord, entry: number])[] = [
  ['another role', withEntry(record, 2, ({ characters }: Entry<'dealt'>) => ({ characters: characters.map((character, place): Character => (place === 0 ? (character === 'mafia' ? 'villager' : 'mafia') : character)) })), 2],
  ['two roles exchanged', withEntry(record, 2, ({ characters }: Entry<'dealt'>) => ({ characters: swapped(characters, characters.findIndex((character, place) => character !== characters[place + 1])) })), 2],
  ['another contribution', withEntry(record, 2, ({ contributions }: Entry<'dealt'>) => ({ contributions: contributions.map((made) => ({ ...made, nonce: '7'.repeat(64) })) })), 2],
  ['a contribution left out', withEntry(record, 2, ({ contributions, leftOut }: Entry<'dealt'>) => ({ contributions: contributions.slice(1), leftOut: [...leftOut, contributions[0]?.by] })), 2],
  ['another result of a night', withEntry(record, night, ({ night: result }: Entry<'night'>) => ({ night: { ...result, killed: [] } })), night],
  ['another death announced', withEntry(record, night, ({ events }: Entry<'night'>) => ({ events: events.map((event) => (event.kind === 'killed' ? { ...event, player: other(event.player) } : event)) })), night],
  ['another choice by night', withEntry(record, night, ({ choices }: Entry<'night'>) => ({ choices: choices.map((choice: NightChoice, place) => (place === 0 ? { ...choice, target: other(choice.target) } : choice)) })), night],
  ['choices in another order', withEntry(record, night, ({ choices }: Entry<'night'>) => ({ choices: swapped(choices, 0) })), night],
  ['another vote', withEntry(record, ballot, ({ votes }: Entry<'ballot'>) => ({ votes: votes.map((vote: LynchVote, place) => (place === 0 ? { ...vote, target: other(vote.target) } : vote)) })), ballot],
  ['a vote left out', withEntry(record, ballot, ({ votes }: Entry<'ballot'>) => ({ votes: votes.slice(1) })), ballot],
  ['votes in another order', withEntry(record, ballot, ({ votes }: Entry<'ballot'>) => ({ votes: swapped(votes, 0) })), ballot],
  ['a later time', withEntry(record, ballot, ({ atMs }: Entry<'ballot'>) => ({ atMs: atMs + 1 })), ballot],
  ['something put in', withEntry(record, ballot, () => ({ remark: 'nothing to see here' })), ballot],
  ['another winner', withEntry(record, last, (entry: Entry<'night'>) => ({ events: entry.events.map((event) => (event.kind === 'ended' ? { ...event, winner: event.winner === 'town' ? 'mafia' : 'town' } : event)) })), last],
  ['two entries exchanged', { ...record, entries: swapped(record.entries, night - 1) }, night],
  ['an entry missing', without(night), night],
  ['the deal missing', without(2), 2],
  ['the end missing', without(last), last],
  ['another secret', { ...record, secret: '7'.repeat(64) }, 1],
];

describe('a record with', () => {
  test.each(forgeries)('%s is not verified, and the entry is named', (_what, forged, entry) => {
    const result = verifyRecord(forged);
    expect(result).toMatchObject({ verified: false, entry, through: entry });
    // The chain alone shows it: the rules need not be asked.
    if (!result.verified) expect(['changed', 'missing', 'unfinished', 'wrongSecret']).toContain(result.code);
  });

  test.each(forgeries)('%s, rewritten as a whole by one who has the secret, is not verified against the heads that a page kept', (_what, forged, entry) => {
    const rewritten = chainedAnew(forged);
    const result = verifyRecord(rewritten, heads);
    expect(result).toMatchObject({ verified: false, entry, through: entry });
    // Against one head from the end, it is only known to be somewhere before it.
    const end: KeptHead = { entries: null, head: heads.at(-1)?.head ?? '' };
    expect(verifyRecord(rewritten, [end])).toMatchObject({ verified: false });
  });

  test('another vote that changes nothing, rewritten as a whole, is found by heads alone', () => {
    const votes = numberOf(record, 'ballot', (entry) => entry.votes.length > 2 && entry.day?.condemned === null && entry.events.every((event) => event.kind !== 'revote' && event.kind !== 'accused'));
    const forged = chainedAnew(withEntry(record, votes, (entry: Entry<'ballot'>) => {
      const changed = swapped(entry.votes, 0);
      return { votes: changed, day: { ...entry.day, votes: changed } };
    }));
    expect(verifyRecord(forged)).toMatchObject({ verified: true, headsFound: 0 });
    expect(verifyRecord(forged, heads)).toMatchObject({ verified: false, code: 'otherHead', entry: votes, through: votes });
    expect(verifyRecord(forged, heads.filter(({ entries }) => entries !== votes))).toMatchObject({ verified: false, code: 'otherHead', entry: votes, through: votes + 1 });
    expect(verifyRecord(forged, heads.filter(({ entries }) => entries === last))).toMatchObject({ verified: false, code: 'otherHead', entry: 0, through: last });
  });

  test('a whole other secret, chosen after the contributions, is found by the hash that was shown in the lobby', () => {
    const secret = '7'.repeat(64);
    const forged = { ...record, secret };
    expect(verifyRecord(chainedAnew(forged), heads.filter(({ entries }) => entries === 0))).toMatchObject({ verified: false, code: 'wrongSecret' });
  });

  test('less than a page has seen is not verified', () => {
    const table = Table.playing(6);
    table.must(agent('p1'), 'stop');
    const short = recordAt(table);
    expect(verifyRecord(short, [{ entries: 9, head: '7'.repeat(64) }])).toMatchObject({ verified: false, code: 'missing', entry: 4 });
  });

  test('other rules, or cut, is not verified, and says why', () => {
    expect(verifyRecord({ ...record, rules: 1 })).toMatchObject({ verified: false, code: 'otherRules', entry: 0 });
    expect(verifyRecord({ ...without(last), isCut: true })).toMatchObject({ verified: false, code: 'cut', entry: last });
  });

  test.each<[string, unknown]>([['nothing', null], ['text', 'mafia-record'], ['a list', []], ['no entries', { ...record, entries: 7 }], ['a secret that is none', { ...record, secret: 'guess' }], ['an entry that is none', { ...record, entries: [null] }], ['an entry of no kind', withEntry(record, 2, () => ({ kind: 'redealt' }))]])('%s in it is none', (_what, value) => {
    expect(verifyRecord(value)).toMatchObject({ verified: false, code: 'notARecord' });
  });
});

describe('a rewritten record', () => {
  // Each of these is rewritten with the secret, chain and all, so that only the rules can tell.
  test.each<[string, GameRecord, string]>([
    ['in which somebody did by night what they may not', withEntry(record, night, ({ choices }: Entry<'night'>) => ({ choices: choices.map((choice: NightChoice) => ({ ...choice, action: 'watch' })) })), 'could not watch'],
    ['in which the dead vote', withEntry(record, numberOf(record, 'ballot', ({ number, votes }) => number > night && votes.length > 0), ({ votes, present }: Entry<'ballot'>) => {
      const [dead] = (record.entries[night - 1] as Entry<'night'>).night.killed;
      return { votes: [...votes, { by: dead, target: null }], present: [...present, dead] };
    }), 'may not vote'],
    ['in which somebody votes twice', withEntry(record, ballot, ({ votes }: Entry<'ballot'>) => ({ votes: [...votes, votes[0]] })), 'twice'],
    ['in which a night ends too soon', withEntry(record, night, () => ({ choices: [], atMs: record.entries[night - 2]?.atMs })), 'waited for'],
    ['in which time goes backwards', withEntry(record, night, () => ({ atMs: 0 })), 'backwards'],
    ['in which a day lasts longer than it may', withEntry(record, ballot, ({ deadlineMs, atMs }: Entry<'ballot'>) => ({ deadlineMs: deadlineMs + 1e9, atMs: atMs + 1e9 })), 'longer'],
  ])('%s is against the rules', (_what, forged, why) => {
    const result = verifyRecord(chainedAnew(forged));
    expect(result).toMatchObject({ verified: false, code: 'againstTheRules' });
    if (!result.verified) expect(result.message).toContain(why);
  });
});

describe('what one contributed', () => {
  const contributions = (record.entries[1] as Entry<'dealt'>).contributions;
  const [mine] = contributions;

  test('is found in the deal', () => {
    expect(contributions.length).toBeGreaterThan(1);
    for (const each of contributions) expect(verifyRecord(record, [], each)).toMatchObject({ verified: true, isMineInDeal: true });
    expect(verifyRecord(record)).toMatchObject({ verified: true, isMineInDeal: null });
  });

  test('and is not what the record says one had committed to: not verified, though no head was kept', () => {
    expect(verifyRecord(record, [], { by: mine?.by ?? agent('p1'), nonce: '7'.repeat(64) })).toMatchObject({ verified: false, code: 'notMyContribution', entry: 1 });
    // A whole other game, made up afterwards.
    expect(verifyRecord(playRecorded(9, 9, false).record, [], mine ?? null)).toMatchObject({ verified: false, code: 'notMyContribution', entry: 1 });
  });

  test('and was left out of the deal, as if it had not come in time: not verified, though all else is by the rules', () => {
    const by = agent('p4');
    for (let seed = 1; seed < 30; seed += 1) {
      const played = playRecorded(seed, 6);
      const result = verifyRecord(played.record, played.heads);
      if (!result.verified || !result.leftOut.includes(by)) continue;
      expect(verifyRecord(played.record, played.heads, { by, nonce: digestOfText(`nonce of ${by}`) })).toMatchObject({ verified: false, code: 'notMyContribution', entry: 2 });
      return;
    }
    throw new Error('p4 never committed');
  });
});

describe('a link to a replay', () => {
  const packedIn = async (value: unknown): Promise<string> => {
    const link = await replayLink(value, 'https://mafia.example/');
    const packed = link === null ? null : packedReplayIn(new URL(link).hash);
    if (packed === null) throw new Error('there is no link');
    return packed;
  };

  const digests = (count: number): string => Array.from({ length: count }, (_, place) => digestOfText(`${place}`)).join('');

  test('holds the whole record, and is short enough to be sent', async () => {
    const packed = await packedIn(record);
    expect(packed).toMatch(/^[\w-]{500,12000}$/u);
    expect(await unpackedReplay(packed)).toEqual(record);
    expect(verifyRecord(await unpackedReplay(packed))).toMatchObject({ verified: true });
  });

  test('of a game that is too long for one is none, and an invitation is none either', async () => {
    expect(await replayLink(Array.from({ length: 5_000 }, (_, place) => digestOfText(`${place}`)), 'https://mafia.example/')).toBeNull();
    // Short enough when it is packed, and too long as text.
    const noise = digests(840);
    expect(deflateRawSync(JSON.stringify(noise)).length).toBeLessThan(32_000);
    expect(await replayLink(noise, 'https://mafia.example/')).toBeNull();
    expect(packedReplayIn('#invitation=code')).toBeNull();
  });

  test('that was damaged, is no link, or unpacks to more than any record is nothing', async () => {
    const packed = await packedIn(record);
    const bomb = await packedIn('0'.repeat(4 * 1024 * 1024));
    for (const bad of ['', '!', 'AAAA', packed.slice(0, -20), bomb, 'A'.repeat(100_000), deflateRawSync(JSON.stringify(digests(900))).toString('base64url')]) expect(await unpackedReplay(bad)).toBeNull();
  });
});

describe('a replay', () => {
  test('has a step for the deal and each after it, with every role open, and who lives', () => {
    const { steps, problem } = replayRecord(record);
    expect(problem).toBeNull();
    expect(steps.map(({ entry }) => entry.number)).toEqual(Array.from({ length: last - 1 }, (_, place) => place + 2));
    expect(steps[0]).toMatchObject({ entry: { kind: 'dealt' }, phase: 'night', round: 1, winner: null });
    const [killed] = (record.entries[night - 1] as Entry<'night'>).night.killed;
    const diedAt = (number: number) => steps.find(({ entry }) => entry.number === number)?.players.find(({ id }) => id === killed)?.died;
    expect(diedAt(night - 1)).toBeNull();
    expect(diedAt(night)).toMatchObject({ phase: 'night', cause: 'killed' });
    expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
  });

  test('goes as far as the rules do', () => {
    const forged = withEntry(record, night, ({ night: result }: Entry<'night'>) => ({ night: { ...result, killed: [] } }));
    expect(replayRecord(forged)).toMatchObject({ problem: { entry: night, code: 'otherResult' } });
    expect(replayRecord(forged).steps.length).toBe(night - 2);
  });
});
