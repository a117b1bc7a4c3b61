import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { MafiaView } from '../../index.ts';
import { callAttention, keepAwake } from './attention.ts';
import { Chat } from './chat.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import type { Connection } from './connection-pill.tsx';
import { Countdown } from './countdown.tsx';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { LobbyScreen } from './lobby-screen.tsx';
import { sendCommand } from './send-command.ts';
import { Story } from './story.tsx';
import { TableScreen } from './table-screen.tsx';
import { useGame, useSettled, useWorkerState } from './use-mesh.ts';
import { phaseAnnouncement, phaseTitle, promptFor } from './words.ts';

type Tab = 'table' | 'talk' | 'story';
const tabs: readonly { readonly tab: Tab; readonly name: string; readonly icon: IconName }[] = [{ tab: 'table', name: 'Table', icon: 'table' }, { tab: 'talk', name: 'Talk', icon: 'talk' }, { tab: 'story', name: 'Story', icon: 'story' }];
const problemShownMs = 5_000;

function timeOfDay(view: MafiaView | null): string {
  switch (view?.phase) {
    case undefined: case 'lobby': return 'dusk';
    case 'night': return 'night';
    case 'day': return 'day';
    case 'ended': return view?.winner === 'town' ? 'dawn' : 'night';
    default: return 'dusk';
  }
}

const linesIn = (view: MafiaView): number => (view.chat.table.at(-1)?.number ?? 0) + (view.chat.mafia?.at(-1)?.number ?? 0) + (view.chat.dead?.at(-1)?.number ?? 0);

/** Everything after one has a seat in the mesh. `name`: how the player wants to be called. */
export function Room({ worker, name }: { readonly worker: Worker; readonly name: string }): JSX.Element {
  const game = useGame(worker);
  const state = useWorkerState(worker);
  const connection = useSettled<Connection>(state.phase === 'connected' && game?.stale !== true ? 'connected' : 'reconnecting');
  const [tab, setTab] = useState<Tab>('table');
  const [problem, setProblem] = useState<string | null>(null);
  const [wantsSeat, setWantsSeat] = useState(true);
  const [linesRead, setLinesRead] = useState(0);
  const view = game?.view ?? null;
  const tell = useCallback((text: string) => setProblem(text), []);

  useEffect(() => {
    if (problem === null) return undefined;
    const timer = setTimeout(() => setProblem(null), problemShownMs);
    return () => clearTimeout(timer);
  }, [problem]);

  useEffect(() => { document.documentElement.dataset['time'] = timeOfDay(view); }, [view?.phase, view?.winner]);

  // A seat in every lobby, unless one has left it.
  const triedGame = useRef(0);
  const isStanding = view !== null && view.phase === 'lobby' && view.you === null;
  useEffect(() => {
    if (view === null || !isStanding || !wantsSeat || triedGame.current === view.game) return;
    triedGame.current = view.game;
    void sendCommand(worker, 'join', { name }).then((text) => { if (text !== null) tell(text); });
  }, [worker, isStanding, wantsSeat, view?.game]);

  const isRunning = view?.phase === 'night' || view?.phase === 'day';
  useEffect(() => (isRunning ? keepAwake() : undefined), [isRunning]);
  const urgent = view !== null && promptFor(view).urgent;
  useEffect(() => { callAttention(urgent, view === null ? '' : promptFor(view).title); }, [urgent, view?.phase, view?.round]);

  const lines = view === null ? 0 : linesIn(view);
  useEffect(() => { if (tab === 'talk' || linesRead > lines) setLinesRead(lines); }, [tab, lines]);
  // A new phase brings one back to the table, where there is something to do.
  useEffect(() => { if (urgent) setTab('table'); }, [urgent, view?.round]);

  if (view === null) {
    return <main class="welcome"><div class="panel welcome-form" role="status"><h2>Almost there</h2><p>Looking at the table…</p><ConnectionPill connection={connection} /></div></main>;
  }
  const sit = (): void => { triedGame.current = 0; setWantsSeat(true); };
  const leave = (): void => {
    setWantsSeat(false);
    void sendCommand(worker, 'leave', {}).then((text) => { if (text !== null) tell(text); });
  };
  const unread = Math.max(0, lines - linesRead);
  return (
    <div class="room" data-tab={tab} data-phase={view.phase}>
      <header class="bar">
        <span class="phase-mark"><Icon name={view.phase === 'day' ? 'sun' : 'moon'} /></span>
        <h1 data-testid="phase" data-phase={view.phase} data-round={view.round}>{phaseTitle(view)}</h1>
        <span class="visually-hidden" data-testid="round">{view.round}</span>
        <Countdown worker={worker} view={view} paused={connection !== 'connected'} />
        <ConnectionPill connection={connection} />
      </header>
      <p class="visually-hidden" aria-live="polite" data-testid="announcement">{phaseAnnouncement(view)}</p>
      <main class="columns">
        <div class="column main-column">
          {view.phase === 'lobby' ? <LobbyScreen worker={worker} view={view} onProblem={tell} onLeave={leave} onSit={sit} /> : <TableScreen worker={worker} view={view} onProblem={tell} />}
        </div>
        <div class="column side-column">
          <Chat worker={worker} view={view} onProblem={tell} />
          {view.phase !== 'lobby' && <Story view={view} />}
        </div>
      </main>
      <nav class="tabs" aria-label="Parts of the game">
        {tabs.filter((part) => part.tab !== 'story' || view.phase !== 'lobby').map((part) => (
          <button key={part.tab} type="button" aria-pressed={tab === part.tab} data-testid={`tab-${part.tab}`} onClick={() => setTab(part.tab)}>
            <Icon name={part.icon} /><span>{part.name}</span>
            {part.tab === 'talk' && unread > 0 && tab !== 'talk' && <span class="badge">{unread > 99 ? '99+' : unread}<span class="visually-hidden"> new lines</span></span>}
          </button>
        ))}
      </nav>
      <div class={`toast ${problem === null ? '' : 'shown'}`} role="alert" data-testid="toast">{problem}</div>
    </div>
  );
}
