import * as z from 'zod/mini';
import type { LanguageModelSettings } from './settings.ts';

export interface Question {
  /** The rules of the answer; what others said is never in here. */
  readonly system: string;
  readonly user: string;
}

export type Answer =
  | { readonly ok: true; readonly text: string; readonly tokens: number }
  | { readonly ok: false; readonly reason: 'timeout' | 'unreachable' | 'refused' | 'notUnderstood'; readonly tokens: number };

const answerTokensMax = 200;
const bodyBytesMax = 256 * 1024;
/** Roughly, in English; only for endpoints that do not count. */
const charactersPerToken = 4;

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).check(z.minLength(1)),
  usage: z.optional(z.object({ total_tokens: z.number() })),
});

/** The body as text, `null` when it is too long to be an answer. */
async function bodyOf(response: Response): Promise<string | null> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Asks once, by the API that OpenAI made common (`POST /chat/completions`). Never throws; the key goes into the header only, and no redirect is followed with it. */
export async function ask({ url, model, key, timeoutMs }: LanguageModelSettings, { system, user }: Question, signal: AbortSignal | null = null): Promise<Answer> {
  const asked = Math.ceil((system.length + user.length) / charactersPerToken);
  const time = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST', redirect: 'error', signal: signal === null ? time : AbortSignal.any([time, signal]),
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model, max_tokens: answerTokensMax, messages: [{ role: 'system', content: system }, { role: 'user', content: user }] }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return { ok: false, reason: 'refused', tokens: asked };
    }
    const body = await bodyOf(response);
    const answer = completion.safeParse(body === null ? null : parsed(body));
    const text = answer.success ? answer.data.choices[0]?.message.content : undefined;
    if (!answer.success || text === undefined) return { ok: false, reason: 'notUnderstood', tokens: asked + answerTokensMax };
    return { ok: true, text, tokens: answer.data.usage?.total_tokens ?? asked + Math.ceil(text.length / charactersPerToken) };
  } catch {
    return { ok: false, reason: time.aborted ? 'timeout' : 'unreachable', tokens: asked };
  }
}
