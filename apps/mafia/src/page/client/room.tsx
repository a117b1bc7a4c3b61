import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MafiaView, OwnAction } from '../../index.ts';
import { callAttention, keepAwake } from './attention.ts';
import { Chat } from './chat.tsx';
import { ConnectionPill } from './connection-pill.tsx';
import type { Connection } from './connection-pill.tsx';
import { Countdown } from './countdown.tsx';
import { useFairDeal } from './fair-deal.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { words } from './languages/index.ts';
import { LaterDialog } from './later-dialog.tsx';
import type { DialogName } from './later-dialog.tsx';
import { LobbyScreen } from './lobby-screen.tsx';
import { Now } from './now.tsx';
import { useAbsences, useHostPassesOn } from './presence.ts';
import type { SeatNote } from './seat-note.ts';
import { sendCommand } from './send-command.ts';
import { settings } from './settings.ts';
import { Story } from './story.tsx';
import { TableScreen } from './table-screen.tsx';
import { showTimeOfDay } from './time-of-day.ts';
import { useGame, useSettled, useWorkerState } from './use-mesh.ts';
import { currentAction, phaseAnnouncement, phaseTitle, promptFor } from './words.ts';

type Tab = 'table' | 'talk' | 'story';
const tabs: readonly (Tab & IconName)[] = ['table', 'talk', 'story'];
const problemShownMs = 5_000;
const unreadShownMax = 99;

const linesIn = (view: MafiaView): number => (view.chat.table.at(-1)?.number ?? 0) + (view.chat.mafia?.at(-1)?.number ?? 0) + (view.chat.dead?.at(-1)?.number ?? 0);

/** Everything after one has a seat in the mesh. `note.name`: how the player wants to be called. */
export function Room({ worker, note }: { readonly worker: Worker; readonly note: SeatNote }): JSX.Element {
  const game = useGame(worker);
  const state = useWorkerState(worker);
  const connection = useSettled<Connection>(state.phase === 'connected' && game?.stale !== true ? 'connected' : 'reconnecting');
  const [tab, setTab] = useState<Tab>('table');
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [wantsSeat, setWantsSeat] = useState(true);
  const [linesRead, setLinesRead] = useState(0);
  const [wanted, setWanted] = useState<OwnAction['action'] | null>(null);
  const view = game?.view ?? null;
  const tell = useCallback((text: string) => setProblem(text), []);
  const { colours, language } = settings();

  useEffect(() => {
    if (problem === null) return undefined;
    const timer = setTimeout(() => setProblem(null), problemShownMs);
    return () => clearTimeout(timer);
  }, [problem]);

  useEffect(() => { showTimeOfDay(view, colours); }, [view?.phase, view?.winner, colours]);
  const moment = view === null ? '' : `${view.game}/${view.phase}/${view.round}/${view.ballot?.number ?? 0}`;
  useEffect(() => { setWanted(null); }, [moment]);

  // A seat in every lobby, unless one has left it.
  const triedGame = useRef(0);
  const isStanding = view !== null && view.phase === 'lobby' && view.you === null;
  useEffect(() => {
    if (view === null || !isStanding || !wantsSeat || triedGame.current === view.game) return;
    triedGame.current = view.game;
    void sendCommand(worker, 'join', { name: note.name }).then((text) => { if (text !== null) tell(text); });
  }, [worker, isStanding, wantsSeat, view?.game]);

  const absences = useAbsences(worker);
  useHostPassesOn(worker, view, absences);
  useFairDeal(worker, note.mesh.mesh, view);

  const isRunning = view?.phase === 'night' || view?.phase === 'day';
  useEffect(() => (isRunning ? keepAwake() : undefined), [isRunning]);
  const urgent = view !== null && promptFor(view).urgent;
  useEffect(() => { callAttention(urgent, view === null ? '' : promptFor(view).title); }, [urgent, view?.phase, view?.round]);

  const lines = view === null ? 0 : linesIn(view);
  useEffect(() => { if (tab === 'talk' || linesRead > lines) setLinesRead(lines); }, [tab, lines]);
  // A new phase brings one back to the table, where there is something to do.
  useEffect(() => { if (urgent) setTab('table'); }, [urgent, view?.round]);

  // A vote changes neither of them.
  const saidAndSeen = view === null ? '' : JSON.stringify([view.game, view.phase, view.round, view.chat, view.you?.channel, view.you?.whisperTo, view.events.length, view.days.length, view.learned, view.nights?.length, language]);
  const side = useMemo(() => (view === null ? null : <><Chat worker={worker} view={view} onProblem={tell} />{view.phase !== 'lobby' && <Story view={view} />}</>), [worker, saidAndSeen]);

  if (view === null) {
    return <main class="welcome"><div class="panel welcome-form" role="status"><h1>{words.welcome.almost}</h1><p>{words.welcome.looking}</p><ConnectionPill connection={connection} /></div></main>;
  }
  const sit = (): void => { triedGame.current = 0; setWantsSeat(true); };
  const leave = (): void => {
    setWantsSeat(false);
    void sendCommand(worker, 'leave', {}).then((text) => { if (text !== null) tell(text); });
  };
  const action = view.you?.actions.find((candidate) => candidate.action === wanted) ?? currentAction(view);
  const unread = Math.max(0, lines - linesRead);
  const isLobby = view.phase === 'lobby';
  return (
    <div class="room" data-tab={tab} data-phase={view.phase}>
      <header class="bar">
        <span class="phase-mark"><Icon name={view.phase === 'day' ? 'sun' : 'moon'} /></span>
        <h1 data-testid="phase" data-phase={view.phase} data-round={view.round}>{phaseTitle(view)}</h1>
        <span class="visually-hidden" data-testid="round">{view.round}</span>
        <span class="bar-end">
          <Countdown worker={worker} view={view} paused={connection !== 'connected'} />
          <ConnectionPill connection={connection} />
          <button type="button" class="bar-button" aria-label={words.settings.title} data-testid="settings-button" onClick={() => setDialog('settings')}><Icon name="gear" /></button>
        </span>
      </header>
      <p class="visually-hidden" aria-live="polite" data-testid="announcement">{phaseAnnouncement(view)}</p>
      <main class="columns">
        {!isLobby && <Now worker={worker} view={view} action={action} onWant={setWanted} onReplay={() => setDialog('replay')} onProblem={tell} />}
        <div class="column main-column">
          {isLobby
            ? <LobbyScreen worker={worker} view={view} absences={absences} onProblem={tell} onLeave={leave} onSit={sit} onInvite={() => setDialog('invite')} />
            : <TableScreen worker={worker} view={view} absences={absences} action={action} onProblem={tell} />}
        </div>
        <div class="column side-column">
          {side}
        </div>
      </main>
      <nav class="tabs" aria-label={words.tabs.group}>
        {tabs.filter((part) => part !== 'story' || !isLobby).map((part) => (
          <button key={part} type="button" aria-pressed={tab === part} data-testid={`tab-${part}`} onClick={() => setTab(part)}>
            <Icon name={part} /><span>{words.tabs[part]}</span>
            {part === 'talk' && unread > 0 && tab !== 'talk' && <span class="badge">{unread > unreadShownMax ? `${unreadShownMax}+` : unread}<span class="visually-hidden"> {words.tabs.unread}</span></span>}
          </button>
        ))}
      </nav>
      {dialog !== null && <LaterDialog name={dialog} note={note} view={view} worker={worker} onProblem={tell} onClose={() => setDialog((now) => (now === dialog ? null : now))} onOpen={setDialog} />}
      <div class={`toast ${problem === null ? '' : 'shown'}`} role="alert" data-testid="toast">{problem}</div>
    </div>
  );
}
