import type { Contribution, KeptHead, Verification } from '../index.ts';
import { readRecord, verifyRecord } from '../index.ts';
import { GameCommandError } from './game.ts';
import type { GameSummary } from './game.ts';

/** A head as `mesh game status` and pages show it: `5:<64 hexadecimal digits>`, or the digits alone. */
export function headFrom(text: string): KeptHead {
  const [, entries, head] = /^(?:(\d{1,6}):)?([0-9a-f]{64})$/u.exec(text.toLowerCase()) ?? [];
  if (head === undefined) throw new GameCommandError('badHead', 2, `"${text}" is no head of a game's chain.`, 'mesh game verify --head 5:<64 digits>   (as mesh game status and the page show it)');
  return { entries: entries === undefined ? null : Number(entries), head };
}

/** What a page contributed, as it shows it after the game: `<agent>:<64 hexadecimal digits>`. */
export function contributionFrom(text: string): Contribution {
  const [, by, nonce] = /^(.{1,128}):([0-9a-f]{64})$/u.exec(text) ?? [];
  if (by === undefined || nonce === undefined) throw new GameCommandError('badContribution', 2, `"${text}" is no contribution to a deal.`, 'mesh game verify --contribution <agent>:<64 digits>   (as the page shows it after the game)');
  return { by: by as Contribution['by'], nonce };
}

/** Players by the names they had at the table, where the record has them. */
function namesIn(record: unknown): (ids: readonly string[]) => string {
  const read = readRecord(record);
  const [first] = read.ok ? read.record.entries : [];
  const seats = first?.kind === 'sealed' ? first.seats : [];
  return (ids) => ids.map((id) => seats.find((seat) => seat.id === id)?.name ?? id).join(', ');
}

function textOf(result: Verification, heads: number, names: (ids: readonly string[]) => string): string {
  if (!result.verified) {
    const where = result.entry === result.through ? `entry ${result.entry}` : `an entry from ${result.entry} to ${result.through}`;
    return `NOT VERIFIED (${result.code}), first bad: ${where}.\n${result.message}.\nNext: compare with the record that another player has, and with the heads that they kept`;
  }
  const { game, entries, winner, contributors, leftOut, headsFound, isMineInDeal, head } = result;
  return [
    `Verified: game ${game}, ${entries} entries. Deal, nights, votes and winner (${winner}) follow from the rules, the managers' secret and what players contributed.`,
    contributors.length > 0 ? `Contributed to the deal: ${names(contributors)}. If one of them is honest, nobody could choose it.` : 'Nobody contributed to the deal: whoever runs the managers could have chosen the secret so that they liked it.',
    ...(leftOut.length > 0 ? [`Left out, since they did not open in time: ${names(leftOut)}. Together with whoever runs the managers, each could choose between two deals (one bit).`] : []),
    ...(isMineInDeal === true ? ['The contribution that you gave is in the deal.'] : []),
    heads === 0 ? 'No head was given: this may be another game than the one you saw. Give --head with what your page kept.' : `${headsFound} of ${heads} heads that you kept are in its chain.`,
    `Its last head: ${entries}:${head}`,
  ].join('\n');
}

/** `mesh game verify`: plays a record again, and says whether it is true. */
export function verified(record: unknown, heads: readonly KeptHead[], mine: Contribution | null): GameSummary {
  const result = verifyRecord(record, heads, mine);
  return { json: result, text: textOf(result, heads.length, namesIn(record)), ...(result.verified ? {} : { exitCode: 8 as const }) };
}
