export interface LanguageModelSettings {
  /** Where its API is, as in `http://127.0.0.1:11434/v1`; `/chat/completions` is added. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token, and nowhere else; `null` where none is needed. */
  readonly key: string | null;
  /** How long one answer may take before the bot decides by itself. */
  readonly timeoutMs: number;
  /** How many questions, and how many tokens in and out, one game may cost. */
  readonly requestsMax: number;
  readonly tokensMax: number;
}

export const defaultTimeoutMs = 8_000;
export const defaultRequestsMax = 60;
export const defaultTokensMax = 60_000;

/** Only where there are files: bots also play inside pages. */
async function keyIn(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8')).trim();
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function wholeNumber(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a whole number of at least 1, not "${text}".`);
  return value;
}

/**
 * Reads `MESH_BOT_LLM_URL`, `MESH_BOT_LLM_MODEL`, `MESH_BOT_LLM_KEY` or `MESH_BOT_LLM_KEY_FILE`, and if given `MESH_BOT_LLM_TIMEOUT_MS`,
 * `MESH_BOT_LLM_REQUESTS` and `MESH_BOT_LLM_TOKENS`. Rejects on what cannot be used; no message has the key in it.
 */
export async function languageModelSettings(environment: Readonly<Record<string, string | undefined>>): Promise<LanguageModelSettings> {
  const address = environment['MESH_BOT_LLM_URL'];
  const model = environment['MESH_BOT_LLM_MODEL'];
  if (address === undefined || model === undefined || model === '') throw new Error('A language-model bot needs MESH_BOT_LLM_URL and MESH_BOT_LLM_MODEL in its environment.');
  if (!URL.canParse(address)) throw new Error('MESH_BOT_LLM_URL is no address. Give one as in http://127.0.0.1:11434/v1.');
  const url = new URL(address);
  if (url.username !== '' || url.password !== '' || url.search !== '') throw new Error('MESH_BOT_LLM_URL may carry no secret. Give the key in MESH_BOT_LLM_KEY or MESH_BOT_LLM_KEY_FILE.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error('MESH_BOT_LLM_URL must begin with https:// or http://.');
  const file = environment['MESH_BOT_LLM_KEY_FILE'];
  const key = environment['MESH_BOT_LLM_KEY'] ?? (file === undefined ? null : await keyIn(file));
  if (key !== null && url.protocol === 'http:' && !loopback.has(url.hostname)) throw new Error('A key goes over https, or to this machine; MESH_BOT_LLM_URL is neither.');
  return {
    url: url.href.replace(/\/+$/u, ''), model, key,
    timeoutMs: wholeNumber('MESH_BOT_LLM_TIMEOUT_MS', environment['MESH_BOT_LLM_TIMEOUT_MS'], defaultTimeoutMs),
    requestsMax: wholeNumber('MESH_BOT_LLM_REQUESTS', environment['MESH_BOT_LLM_REQUESTS'], defaultRequestsMax),
    tokensMax: wholeNumber('MESH_BOT_LLM_TOKENS', environment['MESH_BOT_LLM_TOKENS'], defaultTokensMax),
  };
}
