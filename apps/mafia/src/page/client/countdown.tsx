import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import type { MafiaView } from '../../index.ts';
import { words } from './languages/index.ts';
import { useTimeLeft } from './use-mesh.ts';

const hurryMs = 10_000;

function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`;
}

/** How long the phase may still last, in the mesh's own time: it stands still while nobody leads. */
export function Countdown({ worker, view, paused }: { readonly worker: Worker; readonly view: MafiaView; readonly paused: boolean }): JSX.Element | null {
  const leftMs = useTimeLeft(worker, view.deadlineMs, paused);
  if (leftMs === null || view.deadlineMs === null || view.startedAtMs === null) return null;
  const wholeMs = Math.max(1, view.deadlineMs - view.startedAtMs);
  return (
    <div class={`countdown ${leftMs <= hurryMs ? 'hurry' : ''}`} role="timer" aria-label={words.timeLeft(Math.ceil(leftMs / 1_000))} data-testid="countdown">
      <span class="countdown-text">{clock(leftMs)}</span>
      <span class="countdown-track" aria-hidden="true"><span class="countdown-bar" style={{ transform: `scaleX(${Math.min(1, leftMs / wholeMs)})` }} /></span>
    </div>
  );
}
