import { everyCharacter, mafia } from '@raft-mesh/mafia';
import type { GameRecord, KeptHead } from '@raft-mesh/mafia';
import type { AgentId, JsonValue } from '@raft-mesh/state-machine';
import { commitmentTo, headAfter } from '../src/game/proof/hashes.ts';
import type { RecordedStep, RecordEntry } from '../src/game/proof/record.ts';
import { playRandomly } from './random-game.ts';
import { agent, seededRandom, spectator, Table } from './table.ts';

/** A game that was played to its end, and what a page that looked on has kept of it. */
export interface RecordedGame {
  readonly record: GameRecord;
  readonly heads: readonly KeptHead[];
  readonly table: Table;
}

export function recordAt(table: Table): GameRecord {
  const answer = mafia.queries?.['record']?.answer(table.state, {} as never, spectator, 0);
  if (answer?.found !== true) throw new Error('there is no record');
  // As it comes over a wire.
  return (JSON.parse(JSON.stringify(answer.value)) as { record: GameRecord }).record;
}

const modes = ['plurality', 'nomination'];
const ties = ['nobody', 'random', 'revote'];
export const rulesOf = (seed: number, players: number): Record<string, JsonValue> => ({
  voteMode: modes[seed % 2] ?? 'plurality', ties: ties[seed % 3] ?? 'nobody', firstPhase: seed % 5 === 0 ? 'day' : 'night', selfVotes: seed % 7 === 0,
  reveal: ['character', 'side', 'nothing'][seed % 4] ?? 'character', extensionsMax: 2, endsEarly: ['whenAllActed', 'whenAllReady', 'never'][seed % 11] ?? 'whenAllActed',
  ...(players > everyCharacter.length ? { setup: 'custom', cast: Object.fromEntries(everyCharacter.filter((character) => character !== 'villager').map((character) => [character, 1])) } : {}),
});

/** Plays a random game to its end. Without `commits` nobody contributes to the deal. */
export function playRecorded(seed: number, players: number, commits = true): RecordedGame {
  const table = Table.seating(players, seed);
  const heads: KeptHead[] = [];
  const look = (): void => {
    const { chain } = table.view(spectator).fairness;
    if (chain !== null && heads.at(-1)?.head !== chain.head) heads.push(chain);
  };
  look();
  table.must(agent('p1'), 'configure', { options: rulesOf(seed, players) });
  if (!commits) table.must(agent('p1'), 'start');
  const random = seededRandom(seed);
  // Games that end are played again at random tables: stop looking with the first end.
  for (let steps = 0; steps < 5_000 && table.state.phase !== 'ended'; steps += 1) playRandomly(table, players, 1, random, look);
  if (table.state.phase !== 'ended') throw new Error('the game did not end');
  return { record: recordAt(table), heads, table };
}

const stepOf = (entry: RecordEntry): RecordedStep => {
  const { number: _number, atMs: _atMs, head: _head, ...step } = entry;
  return step;
};

/** The record with another chain, that fits what is in it now: what whoever has the secret can do. */
export function chainedAnew(record: GameRecord): GameRecord {
  let head = commitmentTo(record.secret);
  const entries = record.entries.map((entry, place) => {
    ({ head } = headAfter(head, record.secret, place + 1, entry.atMs, stepOf(entry)));
    return { ...entry, number: place + 1, head } as RecordEntry;
  });
  return { ...record, entries };
}

/** The record with one of its entries changed. */
export function withEntry(record: GameRecord, number: number, change: (entry: never) => object): GameRecord {
  return { ...record, entries: record.entries.map((entry) => (entry.number === number ? { ...entry, ...change(entry as never) } as RecordEntry : entry)) };
}

/** The number of the first entry of this kind that fits. */
export function numberOf<Kind extends RecordEntry['kind']>(record: GameRecord, kind: Kind, fits: (entry: RecordEntry & { readonly kind: Kind }) => boolean = () => true): number {
  const found = record.entries.find((entry) => entry.kind === kind && fits(entry as RecordEntry & { readonly kind: Kind }));
  if (found === undefined) throw new Error(`this game has no such ${kind}`);
  return found.number;
}

export const others = (record: GameRecord, id: AgentId | null): readonly AgentId[] => (record.entries[0]?.kind === 'sealed' ? record.entries[0].seats.map((seat) => seat.id).filter((other) => other !== id) : []);
