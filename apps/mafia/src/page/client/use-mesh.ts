import type { Worker } from '@raft-mesh/mesh-browser';
import { useEffect, useState } from 'preact/hooks';
import type { MafiaView } from '../../index.ts';

/** The game as the managers last showed it; `null` until they have. */
export function useGame(worker: Worker): { readonly view: MafiaView; readonly stale: boolean } | null {
  const [game, setGame] = useState<{ readonly view: MafiaView; readonly stale: boolean } | null>(null);
  useEffect(() => worker.watch('mafia', null, (next) => setGame({ view: next.value as unknown as MafiaView, stale: next.stale })), [worker]);
  return game;
}

export function useWorkerState(worker: Worker): Worker['state'] {
  const [state, setState] = useState(worker.state);
  useEffect(() => {
    setState(worker.state);
    return worker.onState(setState);
  }, [worker]);
  return state;
}

const hysteresisMs = 150;

/** Follows `value`, but only once it has stayed the same for a moment, so that nothing flickers. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), hysteresisMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

const tickMs = 250;

/** Milliseconds left until `deadlineMs` of log time, told by the worker's log clock; stands still while `paused`. */
export function useTimeLeft(worker: Worker, deadlineMs: number | null, paused: boolean): number | null {
  const [leftMs, setLeftMs] = useState<number | null>(null);
  useEffect(() => {
    if (deadlineMs === null) { setLeftMs(null); return undefined; }
    if (paused) return undefined;
    const tell = (): void => setLeftMs(Math.max(0, deadlineMs - worker.logTimeMs));
    tell();
    const timer = setInterval(tell, tickMs);
    return () => clearInterval(timer);
  }, [worker, deadlineMs, paused]);
  return leftMs;
}
