import { languageModelSettings } from './language-model/settings.ts';
import { languageModelStrategy } from './language-model/strategy.ts';
import { cautious, deductive, strategies, talker } from './strategies/index.ts';
import type { SlowStrategy, Strategy } from './strategy.ts';

/** A table with some of each is more fun; who talks too much is not. */
const mixed: readonly Strategy[] = [deductive, cautious, talker, deductive];

/**
 * The strategy that `MESH_BOT_STRATEGY` names: one of `strategies`, `language-model` (see `languageModelSettings`), or `mixed`, which is the
 * default and goes by the bot's seed. Rejects another name, and when a language model is not set up.
 */
export async function strategyFor(environment: Readonly<Record<string, string | undefined>>, seed: number, { log, signal }: { readonly log: (message: string) => void; readonly signal?: AbortSignal }): Promise<Strategy | SlowStrategy> {
  const name = environment['MESH_BOT_STRATEGY'] ?? 'mixed';
  if (name === 'language-model') return languageModelStrategy({ settings: await languageModelSettings(environment), log, ...(signal === undefined ? {} : { signal }) });
  if (name === 'mixed') return mixed[(seed >>> 0) % mixed.length] ?? deductive;
  const known: Readonly<Record<string, Strategy>> = strategies;
  const strategy = Object.hasOwn(known, name) ? known[name] : undefined;
  if (strategy === undefined) throw new Error(`MESH_BOT_STRATEGY must be one of ${[...Object.keys(strategies), 'mixed', 'language-model'].join(', ')}, not "${name}".`);
  return strategy;
}
