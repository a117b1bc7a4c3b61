import { verifyRecord } from '@raft-mesh/mafia';
import { chainedAnew, playRecorded } from '../../apps/mafia/test/recorded-game.ts';
import { generator, json } from '../generate.ts';
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

export const gameRecordTargets: readonly Target[] = [gameRecord];
