import type { Worker } from '@raft-mesh/mesh-browser';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView, SeenPlayer } from '../../index.ts';
import { momentOf } from './send-command.ts';

/** Whose device the managers have not heard of: for a moment (`suspect`), or for long enough to call them gone (`dead`). Their seats stay theirs. */
export type Absences = ReadonlyMap<string, 'suspect' | 'dead'>;

interface SeenMember { readonly id: string; readonly status: string }

const nobody: Absences = new Map();

function absencesIn(value: unknown): Absences {
  const found = new Map<string, 'suspect' | 'dead'>();
  for (const { id, status } of Array.isArray(value) ? (value as readonly SeenMember[]) : []) if (status === 'suspect' || status === 'dead') found.set(id, status);
  return found;
}

const isSame = (one: Absences, other: Absences): boolean => one.size === other.size && [...one].every(([id, status]) => other.get(id) === status);

/** Who is away, as the registry of the mesh has it. */
export function useAbsences(worker: Worker): Absences {
  const [absences, setAbsences] = useState(nobody);
  useEffect(() => worker.watch('members', null, ({ value }) => {
    const next = absencesIn(value);
    setAbsences((before) => (isSame(before, next) ? before : next));
  }), [worker]);
  return absences;
}

/**
 * Who takes the table over while its host is away: of those who sit here, the first who is not, a person if there is one. All pages find the same, and the
 * rules decide: they refuse whoever asks before the host has been silent for half a minute.
 */
export function heirOf({ phase, host, players }: Pick<MafiaView, 'phase' | 'host' | 'players'>, absences: Absences): SeenPlayer['id'] | null {
  if ((phase !== 'lobby' && phase !== 'ended') || host === null || absences.get(host) !== 'dead') return null;
  const here = players.filter(({ id }) => !absences.has(id));
  return (here.find(({ bot }) => bot === null) ?? here[0])?.id ?? null;
}

const askAgainMs = 5_000;

/** Takes over from a host who is away, when it is on this player to do so. */
export function useHostPassesOn(worker: Worker, view: MafiaView | null, absences: Absences): void {
  const isHeir = view !== null && view.you !== null && heirOf(view, absences) === view.you.id;
  useEffect(() => {
    if (view === null || !isHeir) return undefined;
    const moment = momentOf(view);
    // Refused until the host has been away for long enough.
    const ask = (): void => { void worker.send('mafia', 'claimHost', moment); };
    ask();
    const timer = setInterval(ask, askAgainMs);
    return () => clearInterval(timer);
  }, [worker, isHeir, view?.game, view?.phase, view?.round]);
}
