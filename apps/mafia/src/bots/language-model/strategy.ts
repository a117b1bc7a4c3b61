import type { AgentId } from '@raft-mesh/state-machine';
import * as z from 'zod/mini';
import { limits } from '../../index.ts';
import type { OwnAction } from '../../index.ts';
import type { BotRandom } from '../bot-random.ts';
import { talker } from '../strategies/talker.ts';
import { nameIn } from '../strategies/table-sense.ts';
import type { Playing, SlowStrategy, Strategy } from '../strategy.ts';
import { ask } from './ask.ts';
import type { Question } from './ask.ts';
import { choiceQuestion, lineQuestion } from './prompt.ts';
import type { LanguageModelSettings } from './settings.ts';

const choiceAnswer = z.object({ target: z.nullable(z.string()) });
const lineAnswer = z.object({ say: z.nullable(z.string()) });

/** After so many failures in a row it asks no more in this game. */
const failuresMax = 3;

/** The first JSON object in what a model wrote; models like to add words around it. */
function objectIn(text: string): unknown {
  const first = text.indexOf('{');
  const last = text.lastIndexOf('}');
  if (first === -1 || last < first) return null;
  try {
    return JSON.parse(text.slice(first, last + 1)) as unknown;
  } catch {
    return null;
  }
}

export interface LanguageModelOptions {
  readonly settings: LanguageModelSettings;
  readonly log?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Who decides when the model does not. Default: the talker. */
  readonly fallback?: Strategy;
}

/** Asks a language model, within a budget for each game; whatever it does not answer in time, or not legally, the fallback decides. */
export function languageModelStrategy({ settings, log = () => {}, signal, fallback = talker }: LanguageModelOptions): SlowStrategy {
  let game = 0;
  let spent = { requests: 0, tokens: 0, failures: 0 };

  const question = async (view: Playing, asked: Question): Promise<unknown> => {
    if (view.game !== game) { game = view.game; spent = { requests: 0, tokens: 0, failures: 0 }; }
    if (spent.requests >= settings.requestsMax || spent.tokens >= settings.tokensMax || spent.failures >= failuresMax) return null;
    spent.requests += 1;
    const answer = await ask(settings, asked, signal);
    spent.tokens += answer.tokens;
    spent.failures = answer.ok ? 0 : spent.failures + 1;
    if (!answer.ok) log(`the language model did not answer (${answer.reason}); ${fallback.name} decides`);
    if (spent.failures === failuresMax) log('the language model is asked no more in this game');
    return answer.ok ? objectIn(answer.text) : null;
  };

  return {
    name: 'language-model', difficulty: 'hard',
    rule: 'Asks a language model, and decides by itself when that does not answer in time or costs too much.',
    async choose(view: Playing, action: OwnAction, random: BotRandom): Promise<AgentId | null> {
      const answer = choiceAnswer.safeParse(await question(view, choiceQuestion(view, action)));
      if (answer.success) {
        const { target } = answer.data;
        if (target === null) return null;
        const found = action.targets.find((id) => nameIn(view, id).toLowerCase() === target.trim().toLowerCase());
        if (found !== undefined) return found;
      }
      return fallback.choose(view, action, random);
    },
    async say(view: Playing, random: BotRandom): Promise<string | null> {
      const answer = lineAnswer.safeParse(await question(view, lineQuestion(view)));
      if (!answer.success) return fallback.say(view, random);
      return answer.data.say === null || answer.data.say.trim() === '' ? null : Array.from(answer.data.say.trim()).slice(0, limits.lineLengthMax / 2).join('');
    },
  };
}
