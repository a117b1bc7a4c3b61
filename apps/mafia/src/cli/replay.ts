import type { PublicEvent, RecordEntry, ReplayStep } from '../index.ts';
import { readRecord, replayRecord } from '../index.ts';
import { GameCommandError } from './game.ts';
import type { GameSummary } from './game.ts';

type NameOf = (id: string | null) => string;

function wordsOf(event: PublicEvent, nameOf: NameOf): string {
  switch (event.kind) {
    case 'started': return `the game begins with ${event.players} players`;
    case 'killed': return `${nameOf(event.player)} is found dead`;
    case 'quietNight': return 'nobody dies';
    case 'condemned': return `${nameOf(event.player)} is condemned with ${event.votes} votes`;
    case 'takenAlong': return `${nameOf(event.by)} takes ${nameOf(event.player)} along`;
    case 'nobodyCondemned': return `nobody is condemned (${event.reason})`;
    case 'revote': return `a revote among ${event.players.map(nameOf).join(', ')}`;
    case 'accused': return `${nameOf(event.player)} is put on trial`;
    case 'acquitted': return `${nameOf(event.player)} is acquitted`;
    case 'mayor': return `${nameOf(event.player)} is the mayor, and says so`;
    case 'extended': return 'the day gets longer';
    case 'absent': return `away all day: ${event.players.map(nameOf).join(', ')}`;
    case 'stopped': return `${nameOf(event.by)} gives the game up`;
    case 'ended': return `the end: ${event.winner === 'nobody' ? 'nobody wins' : `the ${event.winner} wins`}${event.alone.length > 0 ? `, and so does ${event.alone.map(nameOf).join(', ')}` : ''}`;
    default: return event satisfies never;
  }
}

/** What was done in a step, secret or not. */
function deedsOf(entry: RecordEntry, nameOf: NameOf): readonly string[] {
  switch (entry.kind) {
    case 'night': return [
      ...entry.night.picks.map(({ by, target }) => `${nameOf(by)} wants to kill ${nameOf(target)}`),
      ...entry.night.deeds.filter(({ target }) => target !== null).map(({ by, action, target, isBlocked }) => `${nameOf(by)}: ${action} ${nameOf(target)}${isBlocked ? ' (kept from it)' : ''}`),
      ...entry.night.investigations.map(({ by, target, isGuilty }) => `${nameOf(by)} finds ${nameOf(target)} ${isGuilty ? 'guilty' : 'innocent'}`),
      ...entry.night.tracks.map(({ by, target, visited }) => `${nameOf(by)} follows ${nameOf(target)} to ${visited.map(nameOf).join(', ') || 'nobody'}`),
      ...entry.night.watches.map(({ by, target, visitors }) => `${nameOf(by)} sees at ${nameOf(target)}'s door ${visitors.map(nameOf).join(', ') || 'nobody'}`),
    ];
    case 'ballot': return [
      ...entry.votes.map(({ by, target }) => `${nameOf(by)} votes for ${nameOf(target)}`),
      ...(entry.judgements ?? []).map(({ by, verdict }) => `${nameOf(by)}: ${verdict}`),
    ];
    case 'sealed': case 'dealt': case 'extended': case 'revealed': case 'stopped': return [];
    default: return entry satisfies never;
  }
}

function headline({ entry }: ReplayStep): string {
  switch (entry.kind) {
    case 'night': return `Night ${entry.round}`;
    case 'ballot': return `Day ${entry.round}${entry.ballot > 1 ? `, ballot ${entry.ballot}` : ''}`;
    case 'dealt': return 'The deal';
    case 'extended': case 'revealed': case 'stopped': case 'sealed': return 'Meanwhile';
    default: return entry satisfies never;
  }
}

function textOf(step: ReplayStep): string {
  const nameOf: NameOf = (id) => (id === null ? 'nobody' : step.players.find((player) => player.id === id)?.name ?? id);
  const roles = step.entry.kind === 'dealt' ? step.players.map(({ name, character }) => `${name} is ${character}`) : [];
  const events = 'events' in step.entry ? step.entry.events.map((event) => `→ ${wordsOf(event, nameOf)}`) : [];
  return [`${step.entry.number}. ${headline(step)}`, ...[...roles, ...deedsOf(step.entry, nameOf), ...events].map((line) => `     ${line}`)].join('\n');
}

/** `mesh game replay`: every night and day of a game that is over, with everything open. */
export function replayed(record: unknown): GameSummary {
  const read = readRecord(record);
  if (!read.ok) throw new GameCommandError('notARecord', 8, `This is no record of a game: entry ${read.entry}, ${read.problem}.`, 'mesh game record --out game.json');
  const { steps, problem } = replayRecord(read.record);
  const { game } = read.record;
  const end = problem === null ? [`Next: mesh game verify`] : [`It goes no further: entry ${problem.entry}: ${problem.message}.`, 'Next: mesh game verify'];
  return { json: { game, steps, problem }, text: [`Game ${game}`, ...steps.map(textOf), ...end].join('\n'), ...(problem === null ? {} : { exitCode: 8 as const }) };
}
