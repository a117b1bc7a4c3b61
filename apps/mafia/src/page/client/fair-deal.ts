import type { Worker } from '@raft-mesh/mesh-browser';
import { useEffect, useRef } from 'preact/hooks';
import type { ChainHead, Contribution, MafiaView } from '../../index.ts';
import { sendCommand } from './send-command.ts';

// This browser's part in a fair deal: a contribution to chance of its own, and the heads of the chain that it saw. `docs/fair-deal.md`.

const key = 'raft-mesh/mafia/fair-deal';
const headsMax = 400;
const gamesMax = 3;

interface Kept {
  readonly mesh: string;
  readonly game: number;
  /** 32 random bytes, hex: secret until the game is fixed. */
  readonly nonce: string;
  /** For whom the managers have taken it in time: then it must be in the deal. Another seat may have moved to this browser since. */
  readonly openedBy?: string;
  readonly heads: readonly ChainHead[];
}

function read(): readonly Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? (kept as readonly Kept[]).filter((each) => typeof each?.nonce === 'string' && Array.isArray(each.heads)) : [];
  } catch {
    return [];
  }
}

/** As long as the page lives, also where the browser keeps nothing. */
let everyKept: readonly Kept[] | null = null;

function keptOf(mesh: string, game: number): Kept {
  everyKept ??= read();
  const found = everyKept.find((kept) => kept.mesh === mesh && kept.game === game);
  if (found !== undefined) return found;
  const nonce = [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return keep({ mesh, game, nonce, heads: [] });
}

function keep(kept: Kept): Kept {
  everyKept = [kept, ...(everyKept ?? read()).filter((each) => each.mesh !== kept.mesh || each.game !== kept.game)].slice(0, gamesMax);
  try { localStorage.setItem(key, JSON.stringify(everyKept)); } catch { /* It is kept until the page is closed. */ }
  return kept;
}

/** Keeps a head that was seen; each but once. */
export function keepHead(mesh: string, game: number, chain: ChainHead): void {
  const kept = keptOf(mesh, game);
  if (kept.heads.some((head) => head.entries === chain.entries && head.head === chain.head)) return;
  keep({ ...kept, heads: [...kept.heads, { entries: chain.entries, head: chain.head }].slice(-headsMax) });
}

export const headsOf = (mesh: string, game: number): readonly ChainHead[] => keptOf(mesh, game).heads;

/** What this browser contributed to a deal, once the managers have taken it; `null` before, and when it was left out. */
export function contributedTo(mesh: string, game: number, by: Contribution['by']): Contribution | null {
  const { nonce, openedBy } = keptOf(mesh, game);
  return openedBy === by ? { by, nonce } : null;
}

/** Contributes to the deal while one has a seat in the lobby, and keeps every head that is shown. */
export function useFairDeal(worker: Worker, mesh: string, view: MafiaView | null): void {
  const sent = useRef('');
  const chain = view?.fairness.chain ?? null;
  useEffect(() => { if (view !== null && chain !== null) keepHead(mesh, view.game, chain); }, [mesh, view?.game, chain?.entries, chain?.head]);
  useEffect(() => {
    if (view === null || view.phase !== 'lobby' || view.you === null) return;
    const { nonce } = keptOf(mesh, view.game);
    void import('../../game/proof/contribute.ts').then(async ({ contributionMove }) => {
      const move = contributionMove(view, worker.agent, nonce);
      const what = `${view.game}/${move?.command ?? ''}`;
      if (move === null || sent.current === what) return;
      sent.current = what;
      // A game goes on without it; who was left out is shown.
      if (await sendCommand(worker, move.command, move.args) !== null) sent.current = '';
      else if (move.command === 'open') keep({ ...keptOf(mesh, view.game), openedBy: worker.agent });
    }, () => undefined);
  }, [worker, mesh, view?.game, view?.phase, view?.you?.id, view?.fairness.commitments, view?.fairness.opening]);
}
