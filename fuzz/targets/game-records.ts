import { verifyRecord } from '@raft-mesh/mafia';
import { readMoveToken } from '@raft-mesh/protocol';
import { chainedAnew, playRecorded } from '../../apps/mafia/test/recorded-game.ts';
import { readSeatLink, seatLink } from '../../apps/mafia/src/page/client/seat-link.ts';
import { generator, json, text } from '../generate.ts';
import type { Write } from '../generate.ts';
import { check } from '../target.ts';
import type { Target, Verdict } from '../target.ts';

const decoder = new TextDecoder();

/** With a chain that fits, where there is one to be made: what whoever has the secret would give. */
const chained: Write = (value) => {
  try {
    return json(chainedAnew(value as never));
  } catch {
    return json(value);
  }
};

const samples = [playRecorded(1, 5), playRecorded(9, 7)].map(({ record }) => record);

/** The record of a game, as whoever verifies one reads it. */
const gameRecord: Target = {
  name: 'mafia.record', weight: 1, ...generator(samples, chained, { bytesPerMille: 100 }),
  open: () => ({
    run(input): Verdict {
      let value: unknown;
      try { value = JSON.parse(decoder.decode(input)); } catch { return 'refused'; }
      const result = verifyRecord(value);
      check(result.verified || (result.message.length > 0 && result.entry <= result.through), 'a record is refused without a reason, or without an entry');
      return result.verified ? 'accepted' : 'refused';
    },
    close() {},
  }),
};

const code = 'mR3x0uQn2v9lT7sYb1wKc4Zp6Hd8Jf5Ag-_EoViWqXs';
const seats = ['Robin', 'Ädä 🎭'].map((name, place) => ({
  mesh: { mesh: 'village', incarnation: place + 1, managers: [{ id: 'm1', url: 'http://127.0.0.1:7071' }, { id: 'm2', url: 'https://m2.example/' }] }, token: `move.agent-${place}.${code}`, name, invitation: place === 0 ? null : 'Ab3',
}));
const asFragment: Write = (value) => text(`seat=${Buffer.from(JSON.stringify(value)).toString('base64url')}`);

/** The fragment of a private link by which a seat moves to another device, as the page reads it: anyone can make one. */
const privateLink: Target = {
  name: 'mafia.seatLink', weight: 0.5, ...generator(seats, asFragment, { bytesPerMille: 200 }),
  open: () => ({
    run(input): Verdict {
      const read = readSeatLink(decoder.decode(input));
      if (read === null) return 'refused';
      const moving = readMoveToken(read.token);
      check(moving !== null && moving.agent === read.agent && read.name.length > 0, 'a private link was read that moves nobody');
      const again = readSeatLink(new URL(seatLink({ ...read, code: moving.code }, 'https://mafia.example/')).hash.slice(1));
      check(JSON.stringify(again) === JSON.stringify(read), 'a private link does not come back as it was');
      return 'accepted';
    },
    close() {},
  }),
};

export const gameRecordTargets: readonly Target[] = [gameRecord, privateLink];
