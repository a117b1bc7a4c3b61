import type { Worker } from '@raft-mesh/mesh-browser';
import type { MafiaView } from '../../index.ts';
import { words } from './languages/index.ts';
import { refusalText } from './words.ts';

export type Arguments = Parameters<Worker['send']>[2];

/** Sends a command of the game; gives what to tell the player, `null` when it was done. */
export async function sendCommand(worker: Worker, command: string, args: Arguments): Promise<string | null> {
  return sentText(await worker.send('mafia', command, args));
}

/** How a command ended, as the player is told; `null` when it was done. */
export function sentText(result: Awaited<ReturnType<Worker['send']>>): string | null {
  switch (result.status) {
    case 'committed': return null;
    case 'refused': return refusalText(result.refusal.code, result.refusal.message);
    case 'unknown': return words.send.unknown;
    case 'notSent': return words.send.notSent;
    default: return result satisfies never;
  }
}

/** The phase that a command is meant for. */
export function momentOf(view: MafiaView): { readonly game: number; readonly phase: string; readonly round: number } {
  return { game: view.game, phase: view.phase, round: view.round };
}

/** The ballot of the day that a vote is meant for. */
export function ballotOf(view: MafiaView): ReturnType<typeof momentOf> & { readonly ballot: number } {
  return { ...momentOf(view), ballot: view.ballot?.number ?? 1 };
}
