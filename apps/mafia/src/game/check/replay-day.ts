import type { AgentId } from '@raft-mesh/state-machine';
import { mayVoteFor } from '../choices.ts';
import { accusedBy } from '../day/ballot.ts';
import { extended } from '../day/commands.ts';
import { beginTrial } from '../day/end.ts';
import { expire } from '../expire.ts';
import { revealedMayor } from '../play-commands.ts';
import { recorded } from '../proof/append.ts';
import type { RecordEntry } from '../proof/record.ts';
import { isAlive, playerOf } from '../state.ts';
import type { Day } from '../state.ts';
import { contextOf } from './replay-night.ts';
import { wrong } from './replayed.ts';
import type { Replayed } from './replayed.ts';

type Entry<Kind extends RecordEntry['kind']> = RecordEntry & { readonly kind: Kind };

/** Whether all of these live, and none is named twice. */
function areLiving(day: Day, ids: readonly AgentId[]): boolean {
  return new Set(ids).size === ids.length && ids.every((id) => { const player = playerOf(day, id); return player !== undefined && isAlive(player); });
}

function ballotProblem(day: Day, { round, ballot, votes, abstained, judgements, present, deadlineMs }: Entry<'ballot'>): string | null {
  if (round !== day.round || ballot !== day.ballot) return 'it is another ballot than the one that was due';
  if (deadlineMs > day.deadlineMs) return 'it lasted longer than the rules allow';
  if ((judgements === null) !== (day.trial === null)) return 'only a trial has judgements, and each has';
  const here = [...votes.map(({ by }) => by), ...abstained];
  if (day.trial !== null && here.length > 0) return 'nobody votes during a trial';
  if (!areLiving(day, here)) return 'somebody voted who may not vote, or twice';
  const judges = (judgements ?? []).map(({ by }) => by);
  if (!areLiving(day, judges) || judges.some((by) => by === day.trial?.accused)) return 'somebody judged who may not judge, or twice';
  if (!areLiving(day, present) || ![...day.present, ...here, ...judges].every((id) => present.includes(id))) return 'who was there that day does not fit';
  for (const { by, target: on } of votes) {
    const [voter, target] = [playerOf(day, by), playerOf(day, on)];
    if (on !== null && (voter === undefined || target === undefined || !mayVoteFor(voter, target, day))) return `${by} could not vote for ${on}`;
  }
  return null;
}

/** Plays the end of a vote, a revote or a trial again. When somebody voted within it is not in the record; who did, for whom, and in which order, is. */
export function replayBallot(before: Day, entry: Entry<'ballot'>): Replayed {
  const problem = ballotProblem(before, entry);
  if (problem !== null) return wrong(problem);
  const { votes, abstained, judgements, present, deadlineMs, atMs } = entry;
  const players = before.players.map((player) => (player.missedDays > 0 && present.includes(player.id) ? { ...player, missedDays: 0 } : player));
  const trial = before.trial === null ? null : { ...before.trial, judgements: judgements ?? [] };
  const day: Day = { ...before, players, votes, abstained, trial, present, deadlineMs };
  if (entry.endedBy === 'time') return atMs < deadlineMs ? wrong('it ended before its time') : { ok: true, state: expire(day, contextOf('' as AgentId, atMs)) };
  const accused = day.options.voteMode === 'nomination' && trial === null ? accusedBy(votes, players) : null;
  if (accused === null || atMs > deadlineMs) return wrong('no majority wanted a trial');
  return { ok: true, state: recorded(day, beginTrial(day, accused, contextOf(accused, atMs)), atMs, { kind: 'phaseEnded', by: 'majority' }) };
}

export function replayExtended(day: Day, { by, deadlineMs, atMs }: Entry<'extended'>): Replayed {
  const { extensionMs, extensionsMax } = day.options;
  if (day.extensions >= extensionsMax || !areLiving(day, by) || by.length * 2 <= day.players.filter(isAlive).length) return wrong('too few asked for it, or it was extended too often');
  if (deadlineMs > day.deadlineMs + extensionMs) return wrong('it was extended by more than the rules allow');
  const asked: Day = { ...day, extending: by, deadlineMs: deadlineMs - extensionMs };
  return { ok: true, state: recorded(asked, extended(asked), atMs, { kind: 'extended' }) };
}

export function replayRevealed(day: Day, { by, atMs }: Entry<'revealed'>): Replayed {
  const self = playerOf(day, by);
  if (self === undefined || !isAlive(self) || self.character !== 'mayor' || self.isRevealed) return wrong(`${by} is not a mayor who could say so`);
  return { ok: true, state: recorded(day, revealedMayor(day, self), atMs, { kind: 'revealed', by }) };
}
