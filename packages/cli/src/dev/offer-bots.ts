import type { Worker } from '@raft-mesh/mesh-node';
import { appExport, botNamesOf } from '../app-entries.ts';
import { withWorker } from '../cli-worker.ts';
import type { Child } from './child.ts';
import { loadBots } from './layout.ts';

interface ProvidedBot { readonly agent: Promise<string>; stop(): Promise<void> }
type ProvideBots = (options: { readonly worker: Worker; readonly most: number; readonly signal: AbortSignal; readonly log: (message: string) => void; readonly start: (strategy: string) => Promise<ProvidedBot | null> }) => Promise<void>;

export interface OfferBotsOptions {
  readonly directory: string;
  readonly app: string;
  /** How many bots are sent at most. */
  readonly most: number;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  /** Starts a bot of this name; `null` when it cannot be. */
  readonly start: (name: string, environment: Readonly<Record<string, string>>) => Promise<Child | null>;
  readonly stop: (name: string) => Promise<void>;
}

/** Sends bots when those who play want some, until the signal fires. False, and at once, for an app that has none to send. */
export async function offerBots({ directory, app, most, signal, log, start, stop }: OfferBotsOptions): Promise<boolean> {
  const provide = await appExport(app, 'bots', 'provideBots');
  if (typeof provide !== 'function') return false;
  const names = await botNamesOf(app);
  const sent = new Set<string>();
  const startOne = async (strategy: string): Promise<ProvidedBot | null> => {
    const taken = await loadBots(directory);
    const name = names.find((each) => !taken.includes(each) && !sent.has(each));
    if (name === undefined) return null;
    sent.add(name);
    const child = await start(name, { MESH_BOT_STRATEGY: strategy });
    if (child === null) return null;
    return {
      agent: child.ready.then(({ agent }) => String(agent)),
      stop: async () => { sent.delete(name); await stop(name); },
    };
  };
  await withWorker(directory, (worker) => (provide as ProvideBots)({ worker, most, signal, log, start: startOne }));
  return true;
}
