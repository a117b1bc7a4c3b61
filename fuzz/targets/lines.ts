import { languageModelStrategy } from '@raft-mesh/mafia/bots';
import { sha256 } from '@raft-mesh/mesh-node';
import { botRandom } from '../../apps/mafia/src/bots/bot-random.ts';
import { isPlaying } from '../../apps/mafia/src/bots/strategy.ts';
import type { Playing } from '../../apps/mafia/src/bots/strategy.ts';
import { limits } from '../../apps/mafia/src/index.ts';
import { agent, Table } from '../../apps/mafia/test/table.ts';
import { chainStart, decodeAuditLine } from '../../packages/mesh-node/src/audit-log/audit-line.ts';
import { generator, json, text } from '../generate.ts';
import type { Write } from '../generate.ts';
import { check } from '../target.ts';
import type { Opened, Target, Verdict } from '../target.ts';

const decoder = new TextDecoder();

/** [what stands between the ends of a line, sequence]: with the right hash, as whoever changes a line would make it. */
const hashedLine: Write = (value) => {
  const [inner, sequence] = Array.isArray(value) ? value as readonly unknown[] : [value, 1];
  const body = `{"sequence":${typeof sequence === 'number' ? sequence : 1},${typeof inner === 'string' ? inner : JSON.stringify(inner)},"previous":"${chainStart.hash}"`;
  return text(`${body},"hash":"${sha256(`${body}}`)}"}`);
};

/** A line of an audit log, as whoever verifies one reads it. */
const auditLine: Target = {
  name: 'audit.line', weight: 1, ...generator([['"at":"2026-01-01T00:00:00.000Z","event":"keyCreated","key":"k"', 1], ['"event":"x"', 9_007_199_254_740_991]], hashedLine, { bytesPerMille: 200 }),
  open: () => ({
    run(input): Verdict {
      const read = decodeAuditLine(decoder.decode(input));
      if (read.ok) check(typeof read.fields['event'] === 'string' && read.end.sequence > 0, 'an event has another shape');
      else check(read.reason.length > 0, 'a line is refused without a reason');
      return read.ok ? 'accepted' : 'refused';
    },
    close() {},
  }),
};

function playing(): Playing {
  const table = Table.of(['mafia', 'detective', 'villager', 'villager', 'villager', 'villager', 'villager', 'villager', 'villager']);
  table.endPhase();
  const view = table.viewOf(agent('p4'));
  if (!isPlaying(view)) throw new Error('no game');
  return view;
}

const completionOf = (content: string) => ({ choices: [{ message: { role: 'assistant', content } }], usage: { total_tokens: 9 } });

/** What a language model's endpoint answers to a bot. */
const languageModelAnswer: Target = {
  name: 'languageModel.answer', weight: 1,
  ...generator([completionOf('{"target":"p3"}'), completionOf('I say: {"say":"It was p2."}'), completionOf('{"say":null}'), { error: { message: 'no' } }, 'busy'], json, { bytesPerMille: 300 }),
  open: (): Opened => {
    const { fetch: platformFetch } = globalThis;
    let body: Uint8Array = new Uint8Array();
    globalThis.fetch = () => Promise.resolve(new Response(new Uint8Array(body)));
    const view = playing();
    const random = botRandom(1);
    const fallback = { name: 'none', difficulty: 'easy' as const, rule: 'Says nothing.', choose: () => null, say: () => null };
    const settings = { url: 'http://127.0.0.1:1/v1', model: 'm', key: null, timeoutMs: 60_000, requestsMax: 1e9, tokensMax: Number.MAX_VALUE };
    return {
      async run(input): Promise<Verdict> {
        body = input;
        const strategy = languageModelStrategy({ settings, fallback });
        const line = await strategy.say(view, random);
        check(line === null || (line.length > 0 && line.length <= limits.lineLengthMax), 'a bot says a line that no table takes');
        return line === null ? 'refused' : 'accepted';
      },
      close() { globalThis.fetch = platformFetch; },
    };
  },
};

export const lineTargets: readonly Target[] = [auditLine, languageModelAnswer];
