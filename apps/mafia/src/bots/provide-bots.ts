import type { Worker } from '@raft-mesh/mesh-node';
import { botsIn, isBotWanted } from '../game/bots.ts';
import type { Difficulty } from '../game/bots.ts';
import type { MafiaView } from '../index.ts';
import { systemTimer, type SetTimer } from './timer.ts';

/** A bot that was sent. */
export interface ProvidedBot {
  /** Its agent, once it is in the mesh. */
  readonly agent: Promise<string>;
  stop(): Promise<void>;
}

export interface ProvideBotsOptions {
  /** Must be an admin's: only who operates the mesh may offer bots. */
  readonly worker: Worker;
  /** How many bots it sends at most. */
  readonly most: number;
  /** Starts a bot of a strategy, as `MESH_BOT_STRATEGY` names it; `null` when it cannot. */
  readonly start: (strategy: string) => Promise<ProvidedBot | null>;
  readonly signal: AbortSignal;
  readonly log?: (message: string) => void;
  readonly setTimer?: SetTimer;
}

interface Sent { readonly bot: ProvidedBot; readonly difficulty: Difficulty; agent: string | null }

/** Bots that are in the mesh already get so long to sit down by themselves, in ms. */
const patienceMs = 1_500;

const strategiesOf: Readonly<Record<Difficulty, readonly string[]>> = { mixed: ['mixed'], easy: ['random'], medium: ['cautious'], hard: ['deductive', 'talker', 'deductive'] };

/** Offers bots to the table, sends as many as its host wants, and ends those whom it does not want any more. Resolves once the signal has fired and they have ended. */
export async function provideBots({ worker, most, start, signal, log = () => undefined, setTimer = systemTimer }: ProvideBotsOptions): Promise<void> {
  let sent: readonly Sent[] = [];
  let view: MafiaView | null = null;
  let plan = '';
  let cancel: () => void = () => undefined;
  let isAsking = false;
  let working: Promise<void> = Promise.resolve();

  /** Agents of the mesh that can be heard of. */
  let here: ReadonlySet<string> | null = null;
  // One at a time: another that offers as well waits until the first is gone.
  const isMine = (): boolean => view?.bots.provider?.by === worker.agent;
  const offer = async (): Promise<void> => {
    if (isAsking || view === null || here === null || signal.aborted) return;
    const { provider } = view.bots;
    if (isMine() ? provider?.most === most : provider !== null && here.has(provider.by)) return;
    isAsking = true;
    const result = await worker.send('mafia', 'offerBots', { most });
    isAsking = false;
    if (result.status === 'refused') log(`bots are not offered: ${result.refusal.message}`);
  };

  /** Once it has been so for a while: what is asked for by then. */
  const settle = async (): Promise<void> => {
    if (signal.aborted || view === null || view.phase !== 'lobby') return;
    const { bots: { wanted }, players } = view;
    const isSeated = ({ agent }: Sent): boolean => agent !== null && players.some(({ id }) => id === agent);
    const fits = ({ difficulty }: Sent): boolean => isMine() && wanted !== null && difficulty === wanted.difficulty;
    const seated = botsIn(players);
    const surplus = sent.filter((one) => !isSeated(one) && (!fits(one) || !isBotWanted({ wanted }, seated)));
    sent = sent.filter((one) => !surplus.includes(one));
    await Promise.all(surplus.map(({ bot }) => bot.stop()));
    if (wanted === null || !isMine()) return;
    const coming = sent.filter((one) => !isSeated(one)).length;
    const missing = Math.min(wanted.count - seated - coming, most - sent.length);
    const strategies = strategiesOf[wanted.difficulty];
    for (let number = 0; number < missing && !signal.aborted; number += 1) {
      const bot = await start(strategies[sent.length % strategies.length] ?? 'mixed');
      if (bot === null) break;
      const one: Sent = { bot, difficulty: wanted.difficulty, agent: null };
      sent = [...sent, one];
      // One that never came is looked for no more.
      bot.agent.then((agent) => { one.agent = agent; }, () => { sent = sent.filter((other) => other !== one); });
    }
  };

  const endWatch = worker.watch('mafia', null, (next) => {
    // The view of this module is a MafiaView: the module itself made it.
    view = next.value as unknown as MafiaView;
    void offer();
    const { game, phase, bots: { wanted, provider }, players } = view;
    const now = JSON.stringify([game, phase, wanted, provider, players.filter(({ bot }) => bot !== null).map(({ id }) => id)]);
    if (now === plan) return;
    plan = now;
    cancel();
    cancel = setTimer(patienceMs, () => { working = working.then(settle).catch((error: unknown) => { log(String(error)); }); });
  });
  const endMembers = worker.watch('members', null, ({ value }) => {
    // The registry's own view.
    here = new Set((value as readonly { readonly id: string; readonly status: string }[]).filter(({ status }) => status !== 'dead').map(({ id }) => id));
    void offer();
  });
  await new Promise<void>((resolve) => { if (signal.aborted) resolve(); else signal.addEventListener('abort', () => resolve(), { once: true }); });
  cancel();
  endWatch();
  endMembers();
  await working;
  await Promise.all(sent.map(({ bot }) => bot.stop()));
}
